import { type Command, InvalidArgumentError, Option } from 'commander';
import { utcText } from '../base/time/utc.ts';
import { MAX_CONFIRM_SECONDS } from '../engine/watchdog.ts';
import { inputError } from '../model/diagnostic.ts';
import type { RunResult } from '../model/result.ts';
import { shortId } from '../record/run_id.ts';
import { wrapText } from '../report/wrap.ts';

export interface ConfirmOptions {
  /** In seconds. */
  readonly confirmWithin?: number | undefined;
}

const SECONDS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600 };

/** `90s`, `5m`, `1h` @returns seconds */
export function parseConfirmWithin(text: string): number {
  const [, number = '', unit = ''] = /^(\d{1,6})([smh])$/.exec(text) ?? [];
  if (unit === '') throw new InvalidArgumentError('It must be a time with its unit: 90s, 5m, 1h.');
  const seconds = Number(number) * (SECONDS[unit] ?? 0);
  if (seconds < 1 || seconds > MAX_CONFIRM_SECONDS)
    throw new InvalidArgumentError('It must be between a second and a day.');
  return seconds;
}

/** Of commands that write what somebody may not be sure of. */
export function addConfirmOption(command: Command): Command {
  return command.addOption(
    new Option(
      '--confirm-within <time>',
      'each host gives back what it had before unless virtune confirm comes in time: 90s, 5m, 1h',
    ).argParser(parseConfirmWithin),
  );
}

/** @throws InputError where nothing would wait */
export function checkConfirm({ confirmWithin }: ConfirmOptions, check: boolean | undefined): void {
  if (confirmWithin !== undefined && check === true)
    throw inputError(
      '--confirm-within gives back what was written, and --check writes nothing',
      'leave out one of them',
    );
}

/**
 * How to keep what was written, and until when.
 * @param columns of the terminal
 */
export function confirmText(
  { id, confirm, hosts }: Pick<RunResult, 'id' | 'confirm' | 'hosts'>,
  now: Date,
  columns?: number,
): string {
  if (confirm === undefined) return '';
  const held = hosts.some(({ resources }) => resources.some((one) => one.held !== undefined));
  const left = Math.max(0, Math.floor((Date.parse(confirm.until) - now.getTime()) / 1000));
  const time = utcText(confirm.until);
  const text = (head: string) =>
    `\n${wrapText(head, 0, columns).join('\n')}\n  virtune confirm ${shortId(id)}\n`;
  if (left === 0)
    return text(
      `The time to confirm this run was over at ${time}: hosts give back what they had before. What they have now:`,
    );
  const also = held ? ', and to write it into configurations' : '';
  return text(
    `To keep this${also}, until ${time} (${leftText(left)} left); else hosts give back what they had before:`,
  );
}

/** `90 s`, `59 min`, `23 h 59 min`: no more than there is. */
function leftText(seconds: number): string {
  if (seconds < 120) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  return minutes < 120 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
