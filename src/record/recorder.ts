import { randomBytes } from 'node:crypto';
import { open, rm, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import type { Recorder, WatchRecorder } from '../engine/recorder.ts';
import type { Change } from '../model/change.ts';
import { inputError } from '../model/diagnostic.ts';
import {
  type DisarmedEntry,
  type EndEntry,
  type Entry,
  FORM,
  type Head,
  outcomeOf,
  type ResultEntry,
} from './entry.ts';
import { fileOf, runsFolder, STATE_HINT, syncFolder } from './folder.ts';
import { type Journal, openJournal } from './journal.ts';
import { seedOf } from './line.ts';
import { makeFolder } from './make_folder.ts';
import { thisProcess } from './process_id.ts';
import { tipsOf } from './tips.ts';

/** So much must be free, so that what a run has done can be recorded too. */
const LEAST_FREE = 1 << 20;

/** The record of one run, open. */
export interface RunRecorder extends Recorder, WatchRecorder {
  /** An entry that the run itself cannot do without. @throws where it cannot be written */
  note(entry: Entry): Promise<void>;
  /**
   * The last line. Never rejects.
   * @returns what of the run could not be recorded, in words; '' where all of it is
   */
  end(entry: Omit<EndEntry, 'type' | 'at'>): Promise<string>;
  close(): Promise<void>;
}

/**
 * Begins the record of a run, before any host is contacted.
 * @throws InputError where it cannot be written
 */
export async function openRecord(state: string, head: Head): Promise<RunRecorder> {
  return unlessRecorded(() => begin(state, head));
}

async function unlessRecorded<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    const text = cause instanceof Error ? cause.message : String(cause);
    throw inputError(`the record of this run cannot be written: ${text}; no host was contacted`, STATE_HINT);
  }
}

/**
 * Makes sure that a record can be written there.
 * @throws InputError where it cannot
 */
export async function checkRecord(state: string): Promise<void> {
  await unlessRecorded(async () => {
    const folder = await readyFolder(state);
    const probe = join(folder, `.probe-${randomBytes(6).toString('hex')}`);
    const file = await open(probe, 'wx', 0o600);
    try {
      await file.write(Buffer.alloc(4096));
      await file.datasync();
    } finally {
      await file.close();
      await rm(probe, { force: true });
    }
  });
}

async function readyFolder(state: string): Promise<string> {
  const folder = runsFolder(state);
  if (await makeFolder(folder)) await syncFolder(state);
  const { bavail, bsize } = await statfs(folder);
  if (bavail * bsize < LEAST_FREE) throw new Error(`less than 1 MiB is free in ${folder}`);
  return folder;
}

async function begin(state: string, head: Head): Promise<RunRecorder> {
  const folder = await readyFolder(state);
  const seen = await tipsOf(state);
  const journal = openJournal(await open(fileOf(state, head.run), 'ax', 0o600), seedOf(head.run));
  try {
    await journal.append({ type: 'start', form: FORM, ...head, process: thisProcess(), seen });
    await syncFolder(folder);
  } catch (error) {
    await journal.close();
    // It says nothing, and no host knows of it.
    await rm(fileOf(state, head.run), { force: true });
    throw error;
  }
  return recorderOf(journal);
}

/** The record of a run over a journal that has its first line. */
export function recorderOf(journal: Journal): RunRecorder {
  /** Results that found no room, for one more try at the end. */
  const left: ResultEntry[] = [];
  let trouble: unknown = null;
  const at = () => new Date().toISOString();
  return {
    intend: (changes) => journal.append({ type: 'intent', at: at(), changes }),
    conclude: async (changes: readonly Change[]) => {
      const entry: ResultEntry = { type: 'result', at: at(), outcomes: changes.map(outcomeOf) };
      await journal.append(entry).catch((error: unknown) => {
        trouble = error;
        left.push(entry);
      });
    },
    arm: (watch) => journal.append({ type: 'armed', at: at(), ...watch }),
    disarm: (watchdog, how, changes) =>
      journal
        .append({ type: 'disarmed', at: at(), watchdog, how, ...onlyOf(changes) })
        .catch((error: unknown) => {
          trouble = error;
        }),
    note: (entry) => journal.append(entry),
    end: async (entry) => {
      try {
        for (const result of left) await journal.append(result);
        left.length = 0;
        await journal.append({ type: 'end', at: at(), ...entry });
        return '';
      } catch (error) {
        return lostText(left, trouble ?? error);
      }
    },
    close: () => journal.close(),
  };
}

function onlyOf(changes: readonly Change[] | undefined): Pick<DisarmedEntry, 'only'> {
  if (changes === undefined) return {};
  return {
    only: changes.map(({ host, module, domain, subject }) => ({
      host,
      module,
      uuid: domain.uuid,
      key: subject.key,
    })),
  };
}

function lostText(left: readonly ResultEntry[], error: unknown): string {
  const words = error instanceof Error ? error.message : String(error);
  const hosts = [...new Set(left.flatMap(({ outcomes }) => outcomes.map(({ host }) => host)))];
  const what =
    hosts.length === 0 ? 'the end of this run' : `what became of the changes on ${hosts.join(', ')}`;
  return `the record lacks ${what}: ${words}; what was done is done, as it is shown here`;
}
