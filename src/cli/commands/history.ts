import { rm } from 'node:fs/promises';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { plural, printable } from '../../base/text.ts';
import { EXIT } from '../../engine/exit_code.ts';
import { inputError } from '../../model/diagnostic.ts';
import { runsIn } from '../../record/folder.ts';
import { historyOf, ofVm, type RunHistory, withWaiting } from '../../record/history.ts';
import { prune, toPrune } from '../../record/prune.ts';
import { findRun, readRun } from '../../record/read.ts';
import { newRunId } from '../../record/run_id.ts';
import { notSeenSince } from '../../record/seen.ts';
import { verifyRecord } from '../../record/verify.ts';
import { listLines, runText, vmLines } from '../../report/history_text.ts';
import { paintFor } from '../../report/style.ts';
import { historyJson } from '../../reporters/history.ts';
import { addHelp } from '../help.ts';
import { addRecordOptions, headOfRecord, type ReasonOptions, stateOf } from '../record.ts';

interface HistoryOptions extends ReasonOptions {
  readonly vm?: string;
  readonly newest: number;
  readonly json?: boolean;
  readonly olderThan?: number;
  readonly check?: boolean;
}

export function addHistory(program: Command, exit: (code: number) => void): void {
  const command = program
    .command('history')
    .summary('what was changed when, why and by whom')
    .description(
      'Lists the runs that have changed something or found everything as declared, newest first; or tells one run in full, or what happened to one VM. With verify it holds the record against its hashes, with prune it removes old runs. Contacts no host.',
    )
    .argument('[run]', 'the beginning of a run, or last; or verify, or prune')
    .option('--vm <name>', 'what happened to one VM: its libvirt name, taken literally, or its UUID')
    .addOption(new Option('-n, --newest <n>', 'so many runs, 0 for all').argParser(wholeNumber).default(20))
    .option('--json', 'as JSON')
    .addOption(new Option('--older-than <age>', 'of prune: 90d, 12w, 2y').argParser(parseAge))
    .option('-C, --check', 'of prune: only say what would be removed');
  addRecordOptions(command).action(async (word: string | undefined, options: HistoryOptions) => {
    exit(await history(word, options));
  });
  addHelp(command, {
    examples: [
      ['the newest run in full', 'virtune history last'],
      ['what happened to one VM', 'virtune history --vm web-1'],
      ['whether the record is as it was written', 'virtune history verify'],
      ['keep a year', 'virtune history prune --older-than 365d'],
    ],
    exits: {
      [EXIT.ok]: 'it is told above; verify: the record is as it was written',
      [EXIT.input]: 'wrong input or usage; verify: something was changed, cut off or removed',
    },
    page: 'history.md',
  });
}

function wholeNumber(text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new InvalidArgumentError('It must be a whole number.');
  return Number(text);
}

const DAYS: Readonly<Record<string, number>> = { d: 1, w: 7, y: 365 };

/** In milliseconds. */
function parseAge(text: string): number {
  const [, number, unit = ''] = /^(\d{1,6})([dwy])$/.exec(text) ?? [];
  if (number === undefined)
    throw new InvalidArgumentError('It must be a number of days, weeks or years: 90d, 12w, 2y.');
  return Number(number) * (DAYS[unit] ?? 0) * 24 * 3600 * 1000;
}

async function history(word: string | undefined, options: HistoryOptions): Promise<number> {
  const state = stateOf(options);
  if (options.olderThan !== undefined && word !== 'prune')
    throw inputError('--older-than is of virtune history prune');
  if (word === 'prune') return pruneOld(state, options);
  if (word === 'verify') return verify(state);
  const { json = false, vm } = options;
  const told = await chosen(state, word, options);
  const runs = await Promise.all(told.map((run) => withWaiting(state, run)));
  const look = { paint: paintFor(process.stdout), columns: process.stdout.columns, now: new Date() };
  if (json) process.stdout.write(historyJson(runs));
  else if (vm !== undefined) {
    const lines = vmLines(runs, look);
    print(
      lines.length > 0
        ? lines
        : [`no run that is recorded in ${printable(state)} has written to a VM "${printable(vm)}"`],
    );
  } else if (word !== undefined) print(runs.flatMap((run) => runText(run, look)));
  else if (runs.length === 0) print([`no run is recorded in ${printable(state)}`]);
  else print(listLines(runs, look));
  return EXIT.ok;
}

/** Newest first. Of a list of runs that have ended, their end says what came of them. */
async function chosen(
  state: string,
  word: string | undefined,
  { vm, newest, json }: HistoryOptions,
): Promise<readonly RunHistory[]> {
  const wanted = vm === undefined ? undefined : ofVm(vm);
  if (word !== undefined) return [await historyOf(state, await findRun(state, word), wanted)];
  const found: RunHistory[] = [];
  for (const run of await runsIn(state)) {
    if (newest > 0 && found.length === newest) break;
    const one = await historyOrEnd(state, run, wanted, json === true);
    if (wanted === undefined || one.made.length > 0 || one.fault?.kind === 'broken') found.push(one);
  }
  return found;
}

async function historyOrEnd(
  state: string,
  run: string,
  wanted: Parameters<typeof historyOf>[2],
  whole: boolean,
): Promise<RunHistory> {
  if (wanted !== undefined || whole) return historyOf(state, run, wanted);
  const read = await readRun(state, run);
  return read.end === null ? historyOf(state, run) : { ...read, made: [] };
}

async function verify(state: string): Promise<number> {
  const { renderDiagnostic } = await import('../../report/diagnostic.ts');
  const { runs, lines, problems } = await verifyRecord(state);
  for (const problem of problems) process.stderr.write(`${renderDiagnostic(problem)}\n`);
  const errors = problems.filter(({ severity }) => severity === 'error').length;
  const what = `${plural(runs, 'run')}, ${plural(lines, 'line')} in ${printable(state)}`;
  print([
    errors === 0
      ? runs === 0
        ? `no run is recorded in ${printable(state)}`
        : `${what}: each is as it was written, and none that another names is missing`
      : `${what}: ${plural(errors, 'error')}`,
  ]);
  return errors === 0 ? EXIT.ok : EXIT.input;
}

async function pruneOld(state: string, options: HistoryOptions): Promise<number> {
  const { olderThan, check = false } = options;
  if (olderThan === undefined)
    throw inputError('prune needs an age', 'virtune history prune --older-than 365d');
  const now = new Date();
  const before = new Date(now.getTime() - olderThan);
  const { removed, kept } = await toPrune(state, before);
  const unseen = await notSeenSince(state, before);
  for (const { run, why } of kept) process.stderr.write(`note: ${run} stays: ${why}\n`);
  if (removed.length > 0 && !check) {
    const head = {
      id: newRunId(now.toISOString()),
      startedAt: now.toISOString(),
      playbooks: [],
      inventory: [],
    };
    await prune(state, headOfRecord({ ...options, what: 'prune' }, head), removed);
  }
  if (!check) for (const file of unseen) await rm(file, { force: true });
  const hosts = unseen.length === 0 ? '' : `, and what was seen of ${plural(unseen.length, 'host')}`;
  print([`${plural(removed.length, 'run')}${hosts} ${check ? 'would be removed' : 'removed'}`]);
  return EXIT.ok;
}

function print(lines: readonly string[]): void {
  process.stdout.write(`${lines.join('\n')}\n`);
}
