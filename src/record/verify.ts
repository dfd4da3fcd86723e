import type { Diagnostic } from '../model/diagnostic.ts';
import { entryOf } from './chain.ts';
import type { PrunedEntry, Seen } from './entry.ts';
import { endsOf, fileOf, runsIn } from './folder.ts';
import { type RecordedRun, readRun } from './read.ts';
import { seenBy } from './tips.ts';

/** What a look at all of a record found. */
export interface Verified {
  readonly runs: number;
  readonly lines: number;
  /** Errors where something was changed, cut off or removed; notes on what a crash leaves. With places. */
  readonly problems: readonly Diagnostic[];
}

/**
 * What is wrong with one run: its own lines, and whether all are there that later runs have named.
 * @returns errors alone
 */
export async function verifyRun(state: string, run: string): Promise<readonly Diagnostic[]> {
  const named = await namedBy(state, await runsIn(state));
  const wanted = new Map((named.get(run) ?? []).map((one) => [one.hash, one]));
  const found = await readRun(state, run, ({ hash }) => void wanted.delete(hash));
  return [...faultsOf(found), ...cutOff(found, wanted.values())].filter(
    ({ severity }) => severity === 'error',
  );
}

interface Named extends Seen {
  /** The file that names it. */
  readonly by: string;
}

/** Reads everything, and holds each file against its hashes and against what the others say of it. */
export async function verifyRecord(state: string): Promise<Verified> {
  const runs = (await runsIn(state)).toReversed();
  const named = await namedBy(state, runs);
  const pruned = new Set<string>();
  const problems: Diagnostic[] = [];
  let lines = 0;
  for (const run of runs) {
    const wanted = new Map((named.get(run) ?? []).map((one) => [one.hash, one]));
    const found = await readRun(state, run, (link) => {
      wanted.delete(link.hash);
      if (link.type === 'pruned') for (const one of entryOf<PrunedEntry>(link).runs) pruned.add(one.run);
    });
    lines += found.lines;
    problems.push(...faultsOf(found));
    problems.push(...cutOff(found, wanted.values()));
  }
  const present = new Set(runs);
  for (const [run, [first]] of named)
    if (first !== undefined && !present.has(run) && !pruned.has(run))
      problems.push(error(first.by, 1, `the run ${run} is missing, which this line names`));
  return { runs: runs.length, lines, problems };
}

/** Lines of a run that others name and that are not there. */
function cutOff({ file, lines, fault }: RecordedRun, wanted: Iterable<Named>): readonly Diagnostic[] {
  // A line that is broken says so itself, and all after it are not read.
  if (fault?.kind === 'broken') return [];
  return [...wanted].map(({ by }) =>
    error(file, lines, `lines are missing after this one, which were there when ${by}:1 was written`),
  );
}

/** By run, what files name of it. */
async function namedBy(
  state: string,
  runs: readonly string[],
): Promise<ReadonlyMap<string, readonly Named[]>> {
  const named = new Map<string, Named[]>();
  for (const run of runs) {
    const ends = await endsOf(state, run);
    if (ends === null) continue;
    for (const seen of seenBy(ends)) {
      const others = named.get(seen.run) ?? [];
      others.push({ ...seen, by: fileOf(state, run) });
      named.set(seen.run, others);
    }
  }
  return named;
}

/** What a file says of itself. */
function faultsOf({ file, fault, end, state, lines }: RecordedRun): readonly Diagnostic[] {
  if (fault?.kind === 'broken') return [error(file, fault.line, fault.text, BROKEN)];
  if (state === 'running') return [];
  if (fault !== null && end !== null)
    return [error(file, fault.line, 'something stands after the end of the run', BROKEN)];
  if (fault !== null)
    return [
      note(
        file,
        fault.line,
        `the run was cut off while it wrote this line (${fault.bytes} bytes); the lines before it hold`,
      ),
    ];
  if (end === null)
    return [note(file, Math.max(1, lines), 'the run was cut off after this line: its end is not recorded')];
  return [];
}

const BROKEN =
  'somebody changed the file, or the disk did: what stands before it holds, what stands after it proves nothing';

function error(file: string, line: number, message: string, hint?: string): Diagnostic {
  return { severity: 'error', message, hint, place: { file, line, column: 1 } };
}

function note(file: string, line: number, message: string): Diagnostic {
  return { severity: 'note', message, place: { file, line, column: 1 } };
}
