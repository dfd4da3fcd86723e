import { type Command, Option } from 'commander';
import { type MadeTask, madePlay } from '../../api/made_play.ts';
import type { PlayJob } from '../../engine/job.ts';
import { InputError, inputError } from '../../model/diagnostic.ts';
import type { HostFacts } from '../../model/facts.ts';
import { MODULES } from '../../modules/index.ts';
import type { CommandOption } from '../../modules/module.ts';
import { aboutDomain } from '../../modules/selectors/literal.ts';
import type { BaseRule } from '../../modules/selectors/rule.ts';
import { editArgs } from '../../project/compile.ts';
import { addConfirmOption, type ConfirmOptions, checkConfirm } from '../confirm_option.ts';
import { printDiagnostics } from '../diagnostics.ts';
import { execute } from '../execute.ts';
import { addHelp, WRITE_EXITS } from '../help.ts';
import { addLockOption, type LockOptions } from '../lock_option.ts';
import { chosenOf, findDomain, noSubject } from '../not_there.ts';
import {
  addConnectionOptions,
  addInventoryOptions,
  addReportOption,
  addRewriteOption,
  addVerifyOption,
  type InventoryOptions,
  type RunningOptions,
  type VerifyOptions,
} from '../options.ts';
import { addPolicyOptions, type PolicyOptions } from '../policy.ts';
import { openProject } from '../project.ts';
import { readHosts } from '../read_hosts.ts';
import { addRecordOptions, type ReasonOptions } from '../record.ts';
import { openReports } from '../reports.ts';
import { checkChoices, type Given, inWordsOfSet, optionsOf, reworded } from '../set_words.ts';

interface SetOptions
  extends InventoryOptions,
    RunningOptions,
    LockOptions,
    ConfirmOptions,
    ReasonOptions,
    PolicyOptions,
    VerifyOptions {
  readonly applyTo: 'both' | 'live' | 'config';
  readonly check?: boolean;
  readonly rewrite?: boolean;
}

export function addSet(program: Command, exit: (code: number) => void): void {
  const command = program
    .command('set')
    .summary('limit one VM by hand, the same way as a playbook does')
    .description('Sets the limits of one VM, the same way as a playbook sets them.')
    .argument('<host>', 'a host of the inventory')
    .argument('<domain>', "the VM's libvirt name, taken literally, or its UUID");
  for (const module of MODULES) {
    command.optionsGroup(`Limits of ${module.words.many}:`);
    for (const { flags, description } of optionsOf(module)) command.option(flags, description);
  }
  command
    .optionsGroup('Options:')
    .addOption(
      new Option('--apply-to <state>', "which of libvirt's states")
        .choices(['both', 'live', 'config'])
        .default('both'),
    )
    .option('-C, --check', 'dry run: read only, exit 2 when a change is pending')
    .option('-D, --diff', 'show the difference in full, with the command')
    .option('-v, --verbose', 'name what is in sync too');
  const writing = addVerifyOption(addRewriteOption(command));
  addConnectionOptions(
    addInventoryOptions(
      addPolicyOptions(addRecordOptions(addReportOption(addConfirmOption(addLockOption(writing))))),
    ),
  ).action(async (host: string, domain: string, options: SetOptions) => {
    exit(await set(host, domain, options));
  });
  addHelp(command, {
    examples: MODULES.flatMap((module) => module.set?.examples ?? []).map(
      ([what, given]) => [what, `virtune set hv01 web-1 ${given}`] as const,
    ),
    exits: WRITE_EXITS,
    page: 'rules.md',
  });
}

function setOptions(): readonly CommandOption[] {
  return MODULES.flatMap(optionsOf);
}

async function set(host: string, domain: string, options: SetOptions): Promise<number> {
  checkConfirm(options, options.check);
  if (domain.trim() === '') throw inputError('the VM is not named', "give libvirt's name of it, or its UUID");
  const reports = await openReports(options.report);
  const play = madePlay(`set ${domain} on ${host}`, host, tasksFor(options));
  const words = inWordsOfSet(options as unknown as Given);
  const prepared = await reworded(words, () => openProject({ made: [play] }, options, { words }));
  const name = `set ${domain}`;
  const edited = editArgs<{ readonly rules: readonly BaseRule[] }>(prepared.plays, (args) => ({
    ...args,
    rules: aboutDomain(args.rules, domain, name),
  }));
  const plays = edited.map((job) => ({ ...job, rules: job.rules.map((rule) => ({ ...rule, name })) }));
  if (plays.flatMap((p) => p.batches.flat()).length !== 1) {
    throw inputError(`"${host}" is not one host`, 'name one host of the inventory');
  }
  const result = await execute({
    prepared: { ...prepared, plays },
    view: 'changes',
    check: options.check ?? false,
    diff: options.diff ?? false,
    verbose: options.verbose ?? false,
    listAll: false,
    rewrite: options.rewrite ?? false,
    kernel: options.verify === 'kernel',
    lockWait: options.lockWait,
    confirmWithin: options.confirmWithin,
    forks: 1,
    mustRun: true,
    saysMissing: true,
    policy: options,
    reports,
    recording: { what: 'set', stateDir: options.stateDir, reason: options.reason },
  });
  if (result.unmatchedRules.length > 0) await sayMissing(domain, options, plays);
  return result.exitCode;
}

/** Reads the host once more, all of its VMs, to say what is not there, and what is. */
async function sayMissing(domain: string, options: SetOptions, plays: readonly PlayJob[]): Promise<void> {
  const jobs = plays.flatMap(({ batches }) => batches.flat());
  const { seen } = await readHosts(jobs, 1);
  const [read] = seen;
  if (read === undefined || read === null || 'trouble' in read) return;
  const { name = '' } = read.visit.jobs[0] ?? {};
  await printDiagnostics(missing(name, domain, options, read.facts).diagnostics);
}

function missing(host: string, domain: string, options: SetOptions, facts: HostFacts): InputError {
  try {
    return noSubject(domain, chosenOf(options), facts, findDomain(host, domain, facts));
  } catch (error) {
    if (error instanceof InputError) return error;
    throw error;
  }
}

/** A task for each module that the options say something for, with the rule that they spell. */
function tasksFor(options: SetOptions): readonly MadeTask[] {
  const given = options as unknown as Given;
  for (const { flags } of setOptions()) plainWords(new Option(flags), given);
  checkChoices(given);
  const tasks = MODULES.flatMap((module): MadeTask[] => {
    const rule = module.set?.rule(given) ?? null;
    if (rule === null) return [];
    const whole = {
      // A VM's name is no glob and no template, so it is put in once the rule is read.
      name: 'set',
      domain: '*',
      required: true,
      ...rule,
      apply_to: options.applyTo,
    };
    return [{ module: module.name, args: { rules: [whole], ...module.set?.task?.args(given) } }];
  });
  if (tasks.length === 0) {
    const [, example = ''] = MODULES.flatMap((module) => module.set?.examples ?? [])[0] ?? [];
    throw inputError(
      'set needs something to set',
      `give e.g. ${example}; virtune set --help has all options`,
    );
  }
  return tasks;
}

/** What is given on the command line is no template, though a rule may hold some. @throws InputError */
function plainWords(option: Option, given: Readonly<Record<string, unknown>>): void {
  const value = given[option.attributeName()];
  if (typeof value !== 'string' || !/\{[{%#]/.test(value)) return;
  throw inputError(`${option.long} takes no template: ${value}`, 'give the value itself');
}
