import { type Command, Option } from 'commander';
import type { MaxFailures } from '../../engine/rollout.ts';
import { inputError } from '../../model/diagnostic.ts';
import { listPlays, playbookLine } from '../../report/listing.ts';
import { addBaselineOption, type BaselineOptions, readBaseline } from '../baseline.ts';
import { addConfirmOption, type ConfirmOptions, checkConfirm } from '../confirm_option.ts';
import { execute } from '../execute.ts';
import { parseFailOn } from '../fail_on.ts';
import { addHelp, WRITE_EXITS } from '../help.ts';
import { addLockOption, type LockOptions } from '../lock_option.ts';
import { parseNotify } from '../notify.ts';
import {
  addAtOption,
  addConnectionOptions,
  addFailOnOption,
  addForksOption,
  addInventoryOptions,
  addLimitOption,
  addNotifyOptions,
  addReportOption,
  addRewriteOption,
  addShardOption,
  addStrictOption,
  addTagOptions,
  addVerifyOption,
  type ForksOptions,
  type InventoryOptions,
  type RunningOptions,
  type ShardOptions,
  type StrictOptions,
  type TagOptions,
  type VerifyOptions,
} from '../options.ts';
import { addPolicyOptions, type PolicyOptions } from '../policy.ts';
import { checkSyntax, openProject } from '../project.ts';
import { addRecordOptions, type ReasonOptions } from '../record.ts';
import { openReports } from '../reports.ts';
import { hostsLeft } from '../resume.ts';
import { parseMaxFailures, stepper } from '../step.ts';
import { addWaiversOption, holdWaivers, readWaivers, type WaiverOptions } from '../waivers.ts';

interface RunOptions
  extends InventoryOptions,
    RunningOptions,
    ReasonOptions,
    ForksOptions,
    TagOptions,
    StrictOptions,
    BaselineOptions,
    WaiverOptions,
    VerifyOptions,
    ShardOptions,
    LockOptions,
    ConfirmOptions,
    PolicyOptions {
  readonly check?: boolean;
  readonly at?: Date;
  readonly listHosts?: boolean;
  readonly listTasks?: boolean;
  readonly listTags?: boolean;
  readonly syntaxCheck?: boolean;
  readonly all?: boolean;
  readonly rewrite?: boolean;
  readonly missingOk?: boolean;
  readonly maxFailures?: MaxFailures;
  readonly step?: boolean;
  readonly resume?: string;
  readonly failOn?: readonly string[];
  readonly notify?: readonly string[];
  readonly notifyOn?: readonly string[];
}

export function addRun(program: Command, exit: (code: number) => void): void {
  const command = program
    .command('run')
    .summary('make VMs as playbooks declare, or --check what that would change')
    .description(
      'Reads what VMs have, shows what differs from the rules of playbooks, writes only that, reads it back and reports.',
    )
    .argument('<playbook...>', 'playbooks, run in this order')
    .option('-C, --check', 'dry run: read only, exit 2 when changes are pending')
    .option('-D, --diff', 'show the differences in full, with the commands')
    .option('-v, --verbose', 'host by host, with what is in sync and the rules that decided');
  const running = addReportOption(addShardOption(addForksOption(addLimitOption(command))));
  addAtOption(addVerifyOption(addConfirmOption(addLockOption(addRewriteOption(addTagOptions(running))))))
    .option('--all', 'list what no rule names in the report too')
    .addOption(
      new Option(
        '--max-failures <hosts>',
        'no further host begins once more than so many of the run failed or were unreachable: 3, or 5%',
      ).argParser(parseMaxFailures),
    )
    .option('--step', 'ask before each batch of hosts')
    .option('--resume <run>', 'go on with the hosts that this run has left: its id, or last')
    .option('--missing-ok', 'a VM named without wildcards that no host has is a warning, not an error');
  addRecordOptions(
    addNotifyOptions(addFailOnOption(addStrictOption(addBaselineOption(addWaiversOption(command))))),
  )
    .option('--list-hosts', 'list the hosts of each play and stop')
    .option('--list-tasks', 'list the tasks of each play and stop')
    .option('--list-tags', 'list the tags of each play and stop')
    .option('--syntax-check', 'check the playbooks alone and stop; validate checks all');
  addConnectionOptions(addInventoryOptions(addPolicyOptions(command))).action(
    async (playbooks: readonly string[], options: RunOptions) => {
      exit(await run(playbooks, options));
    },
  );
  addHelp(command, {
    examples: [
      ['what would change, with the commands; writes nothing', 'virtune run limits.yml --check --diff'],
      ['some hosts, few at once', "virtune run limits.yml --limit 'hv0*' --forks 5"],
      [
        'given back by the hosts unless virtune confirm comes in time',
        'virtune run limits.yml --confirm-within 5m',
      ],
      [
        'in CI: what is said stays, a report for programs beside it',
        'virtune run limits.yml --check --report json=report.json',
      ],
    ],
    exits: WRITE_EXITS,
    page: 'outcomes.md',
  });
}

async function run(playbooks: readonly string[], options: RunOptions): Promise<number> {
  if (options.at !== undefined && !options.check)
    throw inputError('--at is for --check', 'what is written is written by the clock of this machine');
  if (options.syntaxCheck) return syntaxCheck(playbooks, options);
  checkConfirm(options, options.check);
  const failOn = parseFailOn(options.failOn);
  const notify = parseNotify(options.notify, options.notifyOn);
  const baseline = await readBaseline(options);
  const waivers = await readWaivers(options.waivers, options.report);
  const confirm = options.step ? stepper(options.check ?? false) : undefined;
  const reports = await openReports(options.report);
  const { listHosts: hosts = false, listTasks: tasks = false, listTags: tags = false } = options;
  const lists = hosts || tasks || tags;
  const left = options.resume === undefined ? [] : [await hostsLeft(options, options.resume, playbooks)];
  const limit = [...(options.limit ?? []), ...left.map((names) => names.join(','))];
  const some = limit.length === 0 ? options : { ...options, limit };
  const prepared = await openProject({ playbooks }, some, { visits: !lists });
  if (lists) {
    const listed = prepared.plays.map(({ play, batches }) => ({
      play,
      hosts: batches.flat().map((job) => job.name),
    }));
    process.stdout.write(listPlays(listed, { hosts, tasks, tags }));
    return 0;
  }
  const held = await holdWaivers(waivers, prepared, options);
  const result = await execute({
    prepared: held.prepared,
    gates: held.input === undefined ? {} : { waivers: held.input },
    view: 'changes',
    check: options.check ?? false,
    diff: options.diff ?? false,
    verbose: options.verbose ?? false,
    listAll: options.all ?? false,
    rewrite: options.rewrite ?? false,
    kernel: options.verify === 'kernel',
    lockWait: options.lockWait,
    confirmWithin: options.confirmWithin,
    forks: options.forks,
    maxFailures: options.maxFailures,
    confirm,
    policy: options,
    reports,
    recording: { what: 'run', stateDir: options.stateDir, reason: options.reason },
    notify,
    drift: baseline?.(prepared.hosts),
    strictness: { missingOk: options.missingOk, strict: options.strict, failOn },
  });
  return result.exitCode;
}

async function syntaxCheck(playbooks: readonly string[], options: RunOptions): Promise<number> {
  await checkSyntax(playbooks, options);
  process.stdout.write(playbooks.map(playbookLine).join(''));
  return 0;
}
