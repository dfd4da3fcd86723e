import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Command } from 'commander';
import { shellQuote } from '../../base/quote.ts';
import { EXIT } from '../../engine/exit_code.ts';
import { paintFor } from '../../report/style.ts';
import { wrapText } from '../../report/wrap.ts';
import { execute } from '../execute.ts';
import { addHelp } from '../help.ts';
import { fileOfPackage } from '../package.ts';
import { openProject } from '../project.ts';

const PLAYBOOK = 'playbooks/nic-limits.yml';
const INVENTORY = 'inventory';
/** What works where this runs: in a clone npx alone finds the command, and npm says that it was npx. */
const OWN_COMMAND = process.env.npm_command === 'exec' ? 'npx virtune' : 'virtune';

export function addDemo(program: Command, exit: (code: number) => void): void {
  const command = program
    .command('demo')
    .summary('check, apply and run again on a simulated fleet')
    .description(
      'Starts a simulated fleet on loopback SSH and runs the shipped playbook on it: in check mode, applied, and again. Touches nothing else.',
    )
    .option('--keep', 'leave the fleet running until Ctrl-C, to try other commands on it')
    .action(async ({ keep = false }: { keep?: boolean }) => exit(await demo(keep)));
  addHelp(command, {
    examples: [
      ['from a bare clone, too', 'virtune demo'],
      ['a fleet to try the other commands on, from another terminal', 'virtune demo --keep'],
    ],
    exits: { 0: 'it went as it is meant to', 3: 'it did not' },
    page: 'how-it-works.md',
  });
}

/** Everything below is the normal path, over real SSH on the loopback; only the hypervisors behind it are simulated. */
async function demo(keep: boolean): Promise<number> {
  const [{ startSimFleet }, { demoFleet }, { writeFleetFiles }] = await Promise.all([
    import('../../sim/sshd.ts'),
    import('../../sim/demo_fleet.ts'),
    import('../../sim/fleet_files.ts'),
  ]);
  const dir = await mkdtemp(join(tmpdir(), 'virtune-demo-'));
  const fleet = await startSimFleet(demoFleet());
  try {
    const { inventory } = await writeFleetFiles(fleet, dir);
    say(
      `A simulated fleet of ${fleet.hosts.length} hypervisors listens on loopback SSH. Nothing else is touched.`,
    );
    const pending = await step('--check', { check: true, diff: true }, inventory);
    const applied = await step('', { check: false, diff: false }, inventory);
    const again = await step('', { check: false, diff: false }, inventory);
    const asExpected = pending === EXIT.pending && applied === EXIT.ok && again === EXIT.ok;
    say(
      asExpected
        ? 'Check mode showed the differences, the run applied them, the second run changed nothing.'
        : '',
    );
    if (keep && asExpected) {
      const words = [fileOfPackage(INVENTORY), inventory]
        .flatMap((file) => ['-i', shellQuote(file)])
        .join(' ');
      const where =
        OWN_COMMAND === 'virtune' ? 'In another terminal' : `In another terminal, in ${process.cwd()}`;
      say(`The fleet listens until Ctrl-C. ${where}, for example:\n\n  ${OWN_COMMAND} show ${words}`);
      await untilStopped();
    }
    return asExpected ? EXIT.ok : EXIT.failed;
  } finally {
    await fleet.close();
    await rm(dir, { recursive: true, force: true });
  }
}

async function untilStopped(): Promise<void> {
  const isOver = new AbortController();
  const { signal } = isOver;
  await Promise.race(['SIGINT', 'SIGTERM', 'SIGHUP'].map((name) => once(process, name, { signal })));
  isOver.abort();
}

interface Mode {
  readonly check: boolean;
  readonly diff: boolean;
}

async function step(flag: string, mode: Mode, fleetInventory: string): Promise<number> {
  const playbook = fileOfPackage(PLAYBOOK);
  say(`$ ${OWN_COMMAND} run ${PLAYBOOK} -i ${INVENTORY}/ ${flag}${mode.diff ? ' --diff' : ''}`.trimEnd());
  const options = { inventory: [fileOfPackage(INVENTORY), fleetInventory], forks: 50 };
  const prepared = await openProject({ playbooks: [playbook] }, { ...options, unguarded: true });
  const result = await execute({
    ...mode,
    prepared,
    view: 'changes',
    verbose: false,
    listAll: false,
    rewrite: false,
    forks: options.forks,
    reports: [],
  });
  say(`exit status ${result.exitCode}`);
  return result.exitCode;
}

/** A command line stays whole, to be copied. */
function say(text: string): void {
  if (text === '') return;
  const lines = text
    .split('\n')
    .flatMap((line) => (/^[ $]/.test(line) ? [line] : wrapText(line, 0, process.stdout.columns)));
  process.stdout.write(`\n${paintFor(process.stdout)('bold', lines.join('\n'))}\n\n`);
}
