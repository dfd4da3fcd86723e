import { hostname } from 'node:os';
import { type Command, Option } from 'commander';
import { localHome, localUser } from '../api/local_user.ts';
import { inputError } from '../model/diagnostic.ts';
import type { RunHead } from '../model/result.ts';
import type { Identity } from '../policy/identity.ts';
import type { Head } from '../record/entry.ts';
import { stateFolder } from '../record/folder.ts';
import { checkRecord, openRecord, type RunRecorder } from '../record/recorder.ts';
import { type Seeing, seeing } from '../record/seeing.ts';
import { whoOf } from '../record/who.ts';
import { commandLine, recordedArguments } from './mask.ts';

/** Of commands that write or read the record. */
export interface StateOptions {
  readonly stateDir?: string | undefined;
}

export interface ReasonOptions extends StateOptions {
  readonly reason?: string | undefined;
}

/** What the command itself says of a run that is to be recorded. */
export interface Recording extends ReasonOptions {
  readonly what: Head['what'];
  readonly of?: string | undefined;
  /** Who it is by tokens that were checked. */
  readonly tokens?: readonly Identity[];
}

export function addStateOption(command: Command): Command {
  return command.addOption(
    new Option('--state-dir <dir>', 'folder of the record of runs; default: ~/.local/state/virtune'),
  );
}

/** Of commands that write. */
export function addRecordOptions(command: Command): Command {
  return addStateOption(
    command.addOption(new Option('--reason <text>', 'why, for the record: virtune history tells it')),
  );
}

/** The folder of the record. @throws InputError */
export function stateOf({ stateDir }: StateOptions): string {
  return stateFolder({ stateDir, env: process.env, home: () => localHome(process.env) });
}

/** So long a reason may be. */
const MAX_REASON = 2_000;

/** @throws InputError for a reason that is none */
function checkReason({ reason }: ReasonOptions): void {
  if (reason === undefined) return;
  if (reason.trim() === '') throw inputError('--reason is empty', 'say why, or leave it out');
  if (reason.length > MAX_REASON)
    throw inputError(`--reason has ${reason.length} characters`, `it may have ${MAX_REASON}`);
}

type RecordedHead = Pick<RunHead, 'id' | 'startedAt' | 'playbooks' | 'inventory'>;

/** What the first line of a record says. @throws InputError for a reason that is none */
export function headOfRecord(recording: Recording, head: RecordedHead): Head {
  checkReason(recording);
  const { what, of, reason } = recording;
  return {
    run: head.id,
    at: head.startedAt,
    what,
    ...(of === undefined ? {} : { of }),
    command: commandLine(recordedArguments(process.argv.slice(1))),
    playbooks: head.playbooks,
    inventory: head.inventory,
    folder: process.cwd(),
    who: whoOf(
      { user: localUser(process.env), uid: process.getuid?.() ?? null, host: hostname() },
      process.env,
      recording.tokens,
    ),
    ...(reason === undefined ? {} : { reason }),
  };
}

/** What a run is given to record itself. */
export interface ReadyRecord {
  readonly begin: (head: RecordedHead) => Promise<RunRecorder>;
  /** The same, of a part that has a reason of its own. */
  readonly because: (reason: string, head: RecordedHead) => Promise<RunRecorder>;
  /** Keeps what a run sees, for later ones. */
  readonly seeing: (onTrial?: boolean) => Seeing;
}

/**
 * Makes sure that a run can be recorded, before anything of an earlier one is removed.
 * @throws InputError where it cannot
 */
export async function readyRecord(recording: Recording): Promise<ReadyRecord> {
  checkReason(recording);
  const state = stateOf(recording);
  await checkRecord(state);
  return {
    begin: (head) => openRecord(state, headOfRecord(recording, head)),
    seeing: (onTrial) => seeing(state, onTrial),
    because: (reason, head) =>
      openRecord(state, headOfRecord({ ...recording, reason: reason.slice(0, MAX_REASON) }, head)),
  };
}
