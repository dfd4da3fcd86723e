import { hostname } from 'node:os';
import { inputError } from '../model/diagnostic.ts';
import { entryOf, type Fault, type Link, readChain } from './chain.ts';
import { type ArmedEntry, type DisarmedEntry, type EndEntry, FORM, type StartEntry } from './entry.ts';
import { chunksOf, fileOf, runsIn } from './folder.ts';
import { isRunning } from './process_id.ts';

/**
 * - ended: its end is recorded
 * - running: its process goes on, on this machine
 * - cut: it was killed, or its machine went down; or it goes on on another machine
 */
export type RunState = 'ended' | 'running' | 'cut';

/** What a run's file says, as far as it can be believed. */
export interface RecordedRun {
  readonly run: string;
  readonly file: string;
  /** Null where not even the first line can be believed. */
  readonly start: StartEntry | null;
  readonly end: EndEntry | null;
  readonly state: RunState;
  /** What ends the part that can be believed, if that is not the end of the file. */
  readonly fault: Fault | null;
  /** That can be believed. */
  readonly lines: number;
  /** Watchdogs that were begun, in order: one may stand there several times. */
  readonly armed: readonly Armed[];
  /** What became of watchdogs: of this run, or of the one that it confirms. */
  readonly disarmed: readonly DisarmedEntry[];
}

/** A watchdog of a run, and the hosts that it is of. */
export interface Armed {
  readonly watchdog: string;
  readonly until: string;
  readonly hosts: readonly string[];
}

/** Reads the file of a run. @param hear gets each line that can be believed, in order */
export async function readRun(
  state: string,
  run: string,
  hear: (link: Link) => void = () => {},
): Promise<RecordedRun> {
  let start: StartEntry | null = null;
  let end: EndEntry | null = null;
  let fault: Fault | null = null;
  let lines = 0;
  const armed: Armed[] = [];
  let disarmed: DisarmedEntry[] = [];
  for await (const link of readChain(run, chunksOf(state, run))) {
    if (link.kind !== 'link') {
      fault = link;
      break;
    }
    lines = link.line;
    if (link.line === 1) {
      const first = entryOf<StartEntry>(link);
      if (first.type !== 'start' || first.form !== FORM) {
        const text = `this version of virtune reads ${FORM}, and this is ${String(first.form)}`;
        fault = { kind: 'broken', line: 1, text, bytes: 0 };
        break;
      }
      start = first;
    }
    if (link.type === 'end') end = entryOf<EndEntry>(link);
    if (link.type === 'armed') {
      const begun = armedOf(entryOf<ArmedEntry>(link));
      armed.push(begun);
      // A later play of the run may begin it once more.
      disarmed = disarmed.filter(({ watchdog }) => watchdog !== begun.watchdog);
    }
    if (link.type === 'disarmed') {
      const entry = entryOf<DisarmedEntry>(link);
      if (entry.only === undefined) disarmed.push(entry);
    }
    hear(link);
  }
  return {
    run,
    file: fileOf(state, run),
    start,
    end,
    state: stateOf(start, end),
    fault,
    lines,
    armed,
    disarmed,
  };
}

/** Whether a run has certainly written nothing: before a write to a host its record has what is to be written. */
export async function hasWrittenNothing(state: string, run: string): Promise<boolean> {
  let isBegun = false;
  try {
    const { end, fault } = await readRun(state, run, ({ type }) => {
      isBegun ||= type === 'intent' || type === 'armed';
    });
    return !isBegun && end !== null && fault === null;
  } catch {
    return false;
  }
}

function armedOf({ watchdog, until, changes }: ArmedEntry): Armed {
  return { watchdog, until, hosts: [...new Set(changes.map(({ host }) => host))] };
}

function stateOf(start: StartEntry | null, end: EndEntry | null): RunState {
  if (end !== null) return 'ended';
  return start !== null && start.who.host === hostname() && isRunning(start.process) ? 'running' : 'cut';
}

/**
 * The run that a word means: `last`, or the beginning of its id, or of the part of that behind the dash.
 * @throws InputError where it means none, or several
 */
export async function findRun(state: string, word: string): Promise<string> {
  const runs = await runsIn(state);
  if (runs.length === 0) throw inputError(`no run is recorded in ${state}`);
  if (word === 'last') return runs[0] as string;
  const fits = runs.filter((run) => run.startsWith(word) || run.slice(run.indexOf('-') + 1).startsWith(word));
  if (word !== '' && fits.length === 1) return fits[0] as string;
  if (word === '' || fits.length === 0)
    throw inputError(`no run "${word}" is recorded in ${state}`, 'virtune history lists the runs');
  const some = fits.slice(0, 5).join(', ');
  throw inputError(`"${word}" may be ${fits.length} runs`, `${some}${fits.length > 5 ? ', …' : ''}`);
}
