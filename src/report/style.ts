import { styleText } from 'node:util';
import type { HostStatus } from '../model/result.ts';
import type { SubjectStatus } from '../model/status.ts';
import type { Effect } from '../modules/module.ts';

type Format = Parameters<typeof styleText>[0];

/** Colours text, or not: decided once for the stream that it goes to. */
export type Paint = (format: Format, text: string) => string;

/** Follows the stream: a terminal that has colours, unless NO_COLOR says otherwise. FORCE_COLOR forces them. */
export function paintFor(stream: NodeJS.WriteStream): Paint {
  return (format, text) => styleText(format, text, { stream });
}

/** How a status is shown: its sign, its words, its colour. */
export interface Look {
  readonly sign: string;
  readonly words: string;
  readonly format: Format;
}

export const SUBJECT_LOOK: Readonly<Record<SubjectStatus, Look>> = {
  inSync: { sign: '=', words: 'in sync', format: 'green' },
  pending: { sign: '~', words: 'to change', format: 'yellow' },
  changed: { sign: '~', words: 'changed', format: 'yellow' },
  unsupported: { sign: '!', words: 'unsupported', format: 'magenta' },
  notFound: { sign: '!', words: 'not found', format: 'red' },
  notRunning: { sign: '·', words: 'not running', format: 'cyan' },
  ambiguous: { sign: '!', words: 'ambiguous', format: 'red' },
  conflict: { sign: '!', words: 'conflict', format: 'magenta' },
  busy: { sign: '!', words: 'busy', format: 'red' },
  refused: { sign: '!', words: 'refused', format: 'magenta' },
  stale: { sign: '!', words: 'stale', format: 'magenta' },
  locked: { sign: '!', words: 'locked', format: 'magenta' },
  failed: { sign: '!', words: 'failed', format: 'red' },
  unreachable: { sign: '!', words: 'unreachable', format: 'red' },
  skipped: { sign: '·', words: 'skipped', format: 'cyan' },
  waived: { sign: '·', words: 'waived', format: 'cyan' },
  unmanaged: { sign: ' ', words: 'not managed', format: 'dim' },
};

export const HOST_LOOK: Readonly<Record<HostStatus, Omit<Look, 'sign'>>> = {
  ok: { words: 'ok', format: 'green' },
  changed: { words: 'changed', format: 'yellow' },
  failed: { words: 'failed', format: 'red' },
  unreachable: { words: 'unreachable', format: 'red' },
  refused: { words: 'refused', format: 'magenta' },
  skipped: { words: 'skipped', format: 'cyan' },
};

/** The sign of a difference and its colour. */
export const EFFECT_LOOK: Readonly<Record<Effect, Pick<Look, 'sign' | 'format'>>> = {
  new: { sign: '+', format: 'green' },
  changed: { sign: '~', format: 'yellow' },
  removed: { sign: '-', format: 'red' },
};
