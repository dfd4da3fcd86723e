import type { Command } from 'commander';
import { type Drift, driftBy, driftFrom } from '../engine/drift/index.ts';
import { inputError } from '../model/diagnostic.ts';
import { lastSeen } from '../record/last_seen.ts';
import { keepFromWriting, readReport } from './read_report.ts';
import { type StateOptions, stateOf } from './record.ts';

/** Where something earlier tells why something differs. */
export interface BaselineOptions extends StateOptions {
  readonly baseline?: string;
  readonly report?: readonly string[];
}

/** The word for the record of runs; a file of that name is `./history`. */
const HISTORY = 'history';

export function addBaselineOption(command: Command): Command {
  return command.option(
    '--baseline <file>',
    `the JSON report of an earlier run, to say of each difference why it is there; or ${HISTORY}: what recorded runs have seen last`,
  );
}

/** What says why something differs. @param hosts those of the inventory; null where it is not known */
export type Baseline = (hosts: readonly string[] | null) => Drift;

/**
 * What `--baseline` names; undefined without it.
 * @param until of the record, what was seen later is left out
 * @throws InputError where it cannot be read
 */
export async function readBaseline(options: BaselineOptions, until?: string): Promise<Baseline | undefined> {
  const { baseline: word, report } = options;
  if (word === undefined) return undefined;
  if (word === HISTORY) return ofHistory(options, until);
  keepFromWriting([word], report);
  const drift = driftFrom(await readReport(word));
  return () => drift;
}

async function ofHistory(options: StateOptions, until: string | undefined): Promise<Baseline> {
  const state = stateOf(options);
  const { count, earlier } = await lastSeen(state, until).catch((cause: NodeJS.ErrnoException) => {
    throw cause.code === undefined
      ? cause
      : inputError(`the record cannot be read: ${cause.message}`, 'name its folder with --state-dir DIR');
  });
  const note = `no run that is recorded in ${state} has seen a host yet`;
  return (hosts) => {
    const names = hosts === null ? null : new Set(hosts);
    return driftBy(
      earlier((host) => names === null || names.has(host)),
      () => ({ id: HISTORY, ...(count === 0 ? { note } : {}) }),
    );
  };
}
