import { join } from 'node:path';
import type { Command } from 'commander';
import { madePlay, readingTasks } from '../../api/made_play.ts';
import type { OpenedProject } from '../../api/open.ts';
import { printable } from '../../base/text.ts';
import { utcText } from '../../base/time/utc.ts';
import { EXIT } from '../../engine/exit_code.ts';
import { InputError, inputError } from '../../model/diagnostic.ts';
import { plannedOf } from '../../plan/given.ts';
import type { PlanHead } from '../../plan/head.ts';
import { hasWrittenNothing } from '../../record/read.ts';
import { checkConfirm } from '../confirm_option.ts';
import { addHelp, WRITE_EXITS } from '../help.ts';
import { openProject } from '../project.ts';
import { readPlan } from '../read_plan.ts';
import { keepFromWriting } from '../read_report.ts';
import { stateOf } from '../record.ts';
import { openReports } from '../reports.ts';
import { spend } from '../spent_plans.ts';
import { addGivenOptions, checkHosts, type GivenOptions, give } from './given.ts';

interface ApplyOptions extends GivenOptions {
  readonly strict?: boolean;
}

export function addApply(program: Command, exit: (code: number) => void): void {
  const command = program
    .command('apply')
    .summary('make the changes of a saved plan, and no others')
    .description(
      'Makes the changes that virtune plan has saved, each only where its VM still has what the plan saw. What has changed since is named with what it has now, and left. A plan is applied once, whole or in parts, and not after its time.',
    )
    .argument('<file>', 'a plan that virtune plan -o FILE has saved')
    .option('-C, --check', 'read only: which of its changes could be made now')
    .option('--strict', 'all or nothing: nothing is written where anything is not as the plan saw it');
  addGivenOptions(command).action(async (file: string, options: ApplyOptions) => {
    exit(await apply(file, options));
  });
  addHelp(command, {
    examples: [
      ['which of its changes could be made now', 'virtune apply limits.plan --check --diff'],
      [
        'some of its hosts first; the same without --limit takes the others',
        'virtune apply limits.plan --limit hv01',
      ],
      ['all of them, or none', "virtune apply limits.plan --strict --reason 'CHG-1234'"],
    ],
    exits: { ...WRITE_EXITS, 6: 'something was changed since the plan was made, and left as it is' },
    page: 'plan.md',
  });
}

async function apply(file: string, options: ApplyOptions): Promise<number> {
  checkConfirm(options, options.check);
  const { check = false, strict = false } = options;
  keepFromWriting([file], options.report);
  const { head, all } = await readChanges(file);
  const reports = await openReports(options.report);
  const hosts = all.map(({ host }) => host).join(',');
  // No pattern names no host.
  const made =
    all.length === 0 ? [] : [madePlay(`plan of ${utcText(head.createdAt)}`, hosts, readingTasks())];
  const inventory = options.inventory ?? head.inventory;
  // The policies beside its playbooks hold for the plan, wherever it is applied.
  const beside = [...head.playbooks, join(head.folder, 'playbook')];
  const prepared = await openProject(
    { made, beside, without: null },
    { ...options, strict: false, inventory },
  );
  checkHosts(
    all,
    prepared,
    options,
    'the plan is for',
    'name the inventory that has them with -i, make the plan anew, or leave them out with --limit',
  );
  const chosen = new Set(prepared.plays.flatMap(({ batches }) => batches.flat().map(({ name }) => name)));
  const say = (text: string) => process.stderr.write(`${printable(`${file}: ${text}`)}\n`);
  if (chosen.size === 0)
    say(`no changes${all.length === 0 ? '' : ' on these hosts'}, there is nothing to do`);
  const own = all.filter(({ host }) => chosen.has(host));
  const state = stateOf(options);
  const spent = check || chosen.size === 0 ? null : await spend(state, head, file, [...chosen]);
  if (spent !== null && spent.note !== '') say(spent.note);
  try {
    const result = await give(
      {
        prepared: spent === null ? prepared : onlyHosts(prepared, spent.hosts),
        given: own,
        rewrite: head.rewrite,
        gates: { savedPlan: { strict } },
        recording: { what: 'apply', of: head.id },
        reports,
      },
      options,
    );
    const isFree =
      spent !== null && result.exitCode !== EXIT.ok && (await hasWrittenNothing(state, result.id));
    if (isFree && (await spent.undo())) say('nothing was written, so that it can be applied again');
    return result.exitCode;
  } catch (error) {
    // No host was contacted.
    if (error instanceof InputError) await spent?.undo();
    throw error;
  }
}

/**
 * What a plan is to change. The report in it is a value of this function alone: of a large fleet it is most of the
 * memory, and none of it is needed while hosts are written to.
 */
async function readChanges(
  file: string,
): Promise<{ readonly head: PlanHead; readonly all: ReturnType<typeof plannedOf> }> {
  const { head, result } = await readPlan(file);
  checkTime(head, file);
  return { head, all: plannedOf(result, Date.now()) };
}

/** What an earlier apply of the same plan has had is no part of this one. */
function onlyHosts(prepared: OpenedProject, hosts: ReadonlySet<string>): OpenedProject {
  const plays = prepared.plays.map((play) => ({
    ...play,
    batches: play.batches.map((batch) => batch.filter(({ name }) => hosts.has(name))),
  }));
  return { ...prepared, plays };
}

/** Clocks of two machines may differ by so much. */
const CLOCKS_MS = 300_000;

/** @throws InputError where its time is over, or has not come */
function checkTime({ createdAt, expiresAt }: PlanHead, file: string): void {
  const now = Date.now();
  if (now > Date.parse(expiresAt))
    throw inputError(
      `${file} could be applied until ${utcText(expiresAt)}`,
      'make it anew: virtune plan … -o FILE',
    );
  if (now + CLOCKS_MS < Date.parse(createdAt))
    throw inputError(
      `${file} was made at ${utcText(createdAt)}, which is to come`,
      'check the clocks of both machines',
    );
}
