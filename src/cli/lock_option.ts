import { type Command, InvalidArgumentError, Option } from 'commander';
import { LOCK_WAIT_SECONDS } from '../engine/run.ts';

export interface LockOptions {
  readonly lockWait: number;
}

/** A write as a whole has half an hour, the wait included. */
const MAX_SECONDS = 1500;

const seconds = (value: string): number => {
  if (!/^\d{1,4}$/.test(value) || Number(value) > MAX_SECONDS)
    throw new InvalidArgumentError(`It must be a whole number of seconds, from 0 to ${MAX_SECONDS}.`);
  return Number(value);
};

/**
 * Of one that serves for long: it comes back to a host that is locked, and what waits keeps others from their turn.
 */
export const SERVICE_LOCK_WAIT_SECONDS = 10;

/** Of the commands that write. @param wait in seconds, where nothing is said */
export function addLockOption(command: Command, wait = LOCK_WAIT_SECONDS): Command {
  return command.addOption(
    new Option(
      '--lock-wait <seconds>',
      'how long to wait for a host that somebody else is writing to; 0: not at all',
    )
      .argParser(seconds)
      .default(wait),
  );
}
