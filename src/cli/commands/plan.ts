import { resolve } from 'node:path';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { shellQuote } from '../../base/quote.ts';
import { plural, printable } from '../../base/text.ts';
import { utcText } from '../../base/time/utc.ts';
import { momentText, zoneOf } from '../../base/time/zone.ts';
import { EXIT } from '../../engine/exit_code.ts';
import { inputError } from '../../model/diagnostic.ts';
import type { RunResult } from '../../model/result.ts';
import { planPieces } from '../../plan/file.ts';
import { isRewrite } from '../../plan/given.ts';
import { PLAN_SCHEMA, type PlanHead } from '../../plan/head.ts';
import { wrapText } from '../../report/wrap.ts';
import { execute, hasPlan } from '../execute.ts';
import { addForceOption, type ForceOptions, refuseToReplace } from '../force_option.ts';
import { addHelp, HOST_EXITS } from '../help.ts';
import {
  addConnectionOptions,
  addForksOption,
  addInventoryOptions,
  addLimitOption,
  addReportOption,
  addRewriteOption,
  addShardOption,
  addStrictOption,
  addTagOptions,
  type ForksOptions,
  type InventoryOptions,
  type RunningOptions,
  type ShardOptions,
  type StrictOptions,
  type TagOptions,
} from '../options.ts';
import { addPolicyOptions, type PolicyOptions } from '../policy.ts';
import { openProject } from '../project.ts';
import { isPlan } from '../read_plan.ts';
import { keepFromWriting } from '../read_report.ts';
import { openReports } from '../reports.ts';
import { addWaiversOption, holdWaivers, readWaivers, type WaiverOptions } from '../waivers.ts';
import { checkWay, writeWhole } from '../whole_file.ts';

interface PlanOptions
  extends InventoryOptions,
    RunningOptions,
    ForksOptions,
    ShardOptions,
    TagOptions,
    StrictOptions,
    WaiverOptions,
    ForceOptions,
    PolicyOptions {
  readonly output: string;
  readonly expires: number;
  readonly rewrite?: boolean;
  readonly missingOk?: boolean;
}

const UNITS: Readonly<Record<string, number>> = { m: 60, h: 3600, d: 86_400 };
const MAX_DAYS = 31;

/** `30m`, `24h` or `7d`, as seconds. */
const span = (value: string): number => {
  const [, count = '', unit = ''] = /^(\d{1,5})([mhd])$/.exec(value) ?? [];
  const seconds = Number(count) * (UNITS[unit] ?? 0);
  if (seconds < 60 || seconds > MAX_DAYS * 86_400)
    throw new InvalidArgumentError(
      `It must be a whole number and m, h or d, from 1m to ${MAX_DAYS}d: 30m, 24h, 7d.`,
    );
  return seconds;
};

export function addPlan(program: Command, exit: (code: number) => void): void {
  const command = program
    .command('plan')
    .summary('save what a run would change, for virtune apply')
    .description(
      'Reads and shows as run --check does, writes nothing to any host, and saves the exact changes in a file, to be looked at, reported and applied: just those, once, and only where nothing has changed since.',
    )
    .argument('<playbook...>', 'playbooks, in this order')
    .requiredOption('-o, --output <file>', 'the file of the plan; nobody else can read it')
    .addOption(
      new Option('--expires <time>', 'how long it may be applied: 30m, 24h, 7d')
        .argParser(span)
        .default(86_400, '24h'),
    )
    .option('-D, --diff', 'show the differences in full, with the commands')
    .option('-v, --verbose', 'host by host, with what is in sync and the rules that decided')
    .option('--missing-ok', 'a VM named without wildcards that no host has is a warning, not an error');
  const reading = addReportOption(
    addShardOption(
      addForksOption(addLimitOption(addStrictOption(addWaiversOption(addForceOption(command))))),
    ),
  );
  addConnectionOptions(
    addInventoryOptions(addPolicyOptions(addRewriteOption(addTagOptions(reading)))),
  ).action(async (playbooks: readonly string[], options: PlanOptions) => {
    exit(await plan(playbooks, options));
  });
  addHelp(command, {
    examples: [
      ['save what would change, look at it, apply it', 'virtune plan limits.yml -o limits.plan'],
      ['for a change window next week', 'virtune plan limits.yml -o limits.plan --expires 7d'],
    ],
    exits: {
      ...HOST_EXITS,
      [EXIT.ok]: 'everything is as declared: the plan has nothing to do',
      [EXIT.input]: 'wrong input or usage, or a name that no host has: no plan was saved',
      [EXIT.pending]: 'the plan has changes',
      [EXIT.refused]: 'a change was refused, and is not in the plan',
    },
    page: 'plan.md',
  });
}

async function plan(playbooks: readonly string[], options: PlanOptions): Promise<number> {
  const { output } = options;
  keepFromWriting([output], options.report);
  await checkWay(output, `the plan ${output}`);
  // A plan is never edited, and is made anew at any time.
  if (!(await isPlan(output))) await refuseToReplace(output, options, ', and is no saved plan');
  if (options.waivers !== undefined && resolve(options.waivers) === resolve(output))
    throw inputError(`${output} is read: the plan cannot go there as well`, 'give the plan another name');
  const waivers = await readWaivers(options.waivers, options.report);
  const reports = await openReports(options.report);
  const prepared = await openProject({ playbooks }, { ...options, check: true });
  const held = await holdWaivers(waivers, prepared, options);
  const result = await execute({
    prepared: held.prepared,
    gates: held.input === undefined ? {} : { waivers: held.input },
    view: 'changes',
    plan: output,
    check: true,
    whole: true,
    diff: options.diff ?? false,
    verbose: options.verbose ?? false,
    listAll: false,
    rewrite: options.rewrite ?? false,
    forks: options.forks,
    policy: options,
    reports,
    strictness: { missingOk: options.missingOk, strict: options.strict },
  });
  const say = (text: string) =>
    process.stderr.write(`${wrapText(printable(text), 0, process.stderr.columns).join('\n')}\n`);
  if (!hasPlan(result)) {
    say(
      `no plan was saved, and nothing was written to any host: ${result.exitCode === EXIT.input ? 'what is wrong stands above' : 'interrupted'}`,
    );
    return result.exitCode;
  }
  const head = headOf(result, options.expires);
  await writeWhole(output, planPieces({ head, result }), `the plan ${output}`, 'check the folder', 0o600);
  const pending = result.hosts.flatMap(({ resources }) => resources.filter(isPending));
  const hosts = new Set(pending.map(({ host }) => host));
  const ends = pending.flatMap(({ next }) => next ?? []).filter(({ at }) => at < head.expiresAt);
  const [first] = ends.toSorted((a, b) => (a.at < b.at ? -1 : 1));
  if (first !== undefined)
    say(
      `${output}: ${plural(ends.length, 'change')} for a while only, the first until ${momentText(Date.parse(first.at), zoneOf(first.zone))}: after that they are stale, and not made`,
    );
  say(
    pending.length === 0
      ? `${output} has no changes: there is nothing to apply`
      : `${output} has ${plural(pending.length, 'change')} on ${plural(hosts.size, 'host')}, and nothing was written to any of them. virtune apply ${shellQuote(output)} makes ${pending.length === 1 ? 'it' : 'them'}, until ${utcText(head.expiresAt)}.`,
  );
  return result.exitCode;
}

const isPending = ({ status }: RunResult['hosts'][number]['resources'][number]): boolean =>
  status === 'pending';

function headOf({ id, startedAt, user, inventory, playbooks, hosts }: RunResult, seconds: number): PlanHead {
  const rewrite = hosts.some(({ resources }) => resources.some((one) => isPending(one) && isRewrite(one)));
  return {
    schema: PLAN_SCHEMA,
    id,
    createdAt: startedAt,
    expiresAt: new Date(Date.parse(startedAt) + seconds * 1000).toISOString(),
    user,
    inventory: inventory.map((source) => (source.includes(',') ? source : resolve(source))),
    playbooks: playbooks.map((file) => resolve(file)),
    folder: process.cwd(),
    rewrite,
  };
}
