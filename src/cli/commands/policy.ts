import { dirname, isAbsolute, join } from 'node:path';
import { Argument, type Command } from 'commander';
import { plural } from '../../base/text.ts';
import type { Change } from '../../model/change.ts';
import { type Diagnostic, hasErrors, InputError } from '../../model/diagnostic.ts';
import { type PolicyCase, type PolicyCases, runCase } from '../../policy/cases.ts';
import { loadCases, loadPolicyOf } from '../../project/policy.ts';
import { inventorySources } from '../../project/sources.ts';
import { addHelp } from '../help.ts';
import { addInventoryOptions, addReportOption, type InventoryOptions } from '../options.ts';
import { readReport } from '../read_report.ts';
import { openValidateReports, reported, VALIDATE_FORMATS } from '../validate_reports.ts';
import { vaultOf } from '../vault.ts';

interface PolicyTestOptions extends InventoryOptions {
  readonly report?: readonly string[];
}

export function addPolicy(program: Command, exit: (code: number) => void): void {
  const command = program
    .command('policy')
    .summary('test a policy: what it makes of saved changes')
    .description(
      'Holds policies against saved changes, and says where they make of one something else than a file of cases expects. Contacts no host.',
    )
    .addArgument(new Argument('<action>', 'what to do').choices(['test']))
    .argument('<file...>', 'files of cases, each with its policy');
  addInventoryOptions(addReportOption(command, VALIDATE_FORMATS)).action(
    async (_action: string, files: readonly string[], options: PolicyTestOptions) => {
      exit(await test(files, options));
    },
  );
  addHelp(command, {
    examples: [
      ['all cases of a policy', 'virtune policy test policy-test.yml -i inventory/'],
      ['in CI, for its page of tests', 'virtune policy test policy-test.yml --report junit=policy.xml'],
    ],
    exits: { 0: 'all cases hold', 1: 'one does not, or there are errors' },
    page: 'policy.md',
  });
}

async function test(files: readonly string[], options: PolicyTestOptions): Promise<number> {
  const reports = await openValidateReports(options.report);
  let count = 0;
  const { unused } = await reported(reports, files, {}, async () => {
    const tested = [];
    for (const file of files) tested.push(await testFile(file, options));
    const problems = tested.flatMap((one) => one.problems);
    if (problems.length > 0) throw new InputError(problems);
    count = tested.reduce((sum, one) => sum + one.count, 0);
    return { warnings: [], unused: tested.flatMap((one) => one.unused) };
  });
  const stream = reports.some(({ file }) => file === null) ? process.stderr : process.stdout;
  stream.write(`${plural(count, 'case')}: all hold\n`);
  if (unused.length > 0) stream.write(`no case is about: ${unused.join(', ')}\n`);
  return 0;
}

interface Tested {
  readonly problems: readonly Diagnostic[];
  readonly count: number;
  /** Rules that no case is about. */
  readonly unused: readonly string[];
}

async function testFile(file: string, options: PolicyTestOptions): Promise<Tested> {
  const cases: PolicyCases = await loadCases(file);
  const near = (name: string): string => (isAbsolute(name) ? name : join(dirname(file), name));
  const named = options.inventory ?? cases.inventory?.map((one) => (one.includes(',') ? one : near(one)));
  const { policy, inventory } = await loadPolicyOf(
    near(cases.policy),
    await inventorySources(named),
    await vaultOf(options),
    { env: process.env },
  );
  const problems: Diagnostic[] = [];
  const used = new Set<string>();
  for (const one of cases.cases) {
    const changes = typeof one.changes === 'string' ? await changesIn(near(one.changes), one) : one.changes;
    problems.push(...strangers(one, changes, inventory.hosts));
    const found = runCase(policy, one, changes, (host) => inventory.hosts.get(host)?.groups ?? []);
    problems.push(...found.problems);
    for (const rule of found.rules) used.add(rule);
  }
  if (hasErrors(problems)) return { problems, count: 0, unused: [] };
  const unused = policy.rules.filter(({ name }) => !used.has(name)).map(({ name }) => `"${name}"`);
  return { problems, count: cases.cases.length, unused };
}

async function changesIn(file: string, { name, place }: PolicyCase): Promise<readonly Change[]> {
  try {
    return (await readReport(file)).hosts.flatMap(({ resources }) => resources);
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    throw new InputError(
      error.diagnostics.map((one) => ({
        ...one,
        message: `${name}: ${one.message}`,
        place: one.place ?? place,
      })),
    );
  }
}

/** A host that the inventory lacks is in no group and in no pattern: no rule about hosts would be about it. */
function strangers(
  { name, place }: PolicyCase,
  changes: readonly Change[],
  hosts: ReadonlyMap<string, unknown>,
): readonly Diagnostic[] {
  const lacking = [...new Set(changes.map(({ host }) => host))].filter((host) => !hosts.has(host));
  if (lacking.length === 0) return [];
  const message = `${name}: the inventory lacks ${lacking.slice(0, 5).join(', ')}${lacking.length > 5 ? ', …' : ''}`;
  return [{ severity: 'error', message, place, hint: 'name the inventory that the changes are of with -i' }];
}
