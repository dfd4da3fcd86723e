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

/** Of the commands that write. */
export function addLockOption(command: Command): Command {
  return command.addOption(
    new Option(
      '--lock-wait <seconds>',
      'how long to wait for a host that somebody else is writing to; 0: not at all',
    )
      .argParser(seconds)
      .default(LOCK_WAIT_SECONDS),
  );
}
