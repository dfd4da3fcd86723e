import { type Draw, drawFrom } from '../soak/draw.ts';

/**
 * What happens in one seed: operators at their commands, some of which are killed, beside everything that happens to
 * hosts and VMs meanwhile. Plain data, drawn from the seed alone; when things meet is up to the machine.
 */

/** A limit that one command declares and no other, in kB/s. */
export type Rate = number;

export type Command =
  /** @param vm one VM; null for all */
  | { readonly kind: 'run'; readonly rate: Rate; readonly vm: string | null; readonly forks: number }
  | { readonly kind: 'set'; readonly rate: Rate; readonly vm: string }
  /** Saves a plan and applies it: twice one after the other, or at once, or a part of it that is killed once more. */
  | { readonly kind: 'plan'; readonly rate: Rate; readonly apply: 'once' | 'again' | 'at once' }
  | { readonly kind: 'rollback' };

/**
 * When something happens: so long after the next line of that type in a record, since all that matters happens between
 * these. Before its `start` no host has heard of a run; `intent` stands right before a write, `result` right after it.
 * `write` is a host's next write, where it tells at once. null is now.
 */
export interface When {
  readonly line: 'start' | 'intent' | 'write' | 'result' | null;
  readonly afterMs: number;
}

export interface Kill {
  readonly signal: 'SIGKILL' | 'SIGTERM' | 'SIGINT';
  readonly when: When;
}

/** Whether, and when, somebody confirms what is on trial: so long after the command has ended, or been killed. */
export interface Confirm {
  /** Once, two at once, or one after the other. */
  readonly how: 'once' | 'at once' | 'again';
  readonly afterMs: number;
  /** Of the first one. */
  readonly kill: Kill | null;
}

/** A command with --confirm-within. */
export interface OnTrial {
  readonly seconds: number;
  /** Null for never. */
  readonly confirm: Confirm | null;
}

interface Doing {
  readonly pauseMs: number;
  readonly command: Command;
  readonly kill: Kill | null;
  readonly trial: OnTrial | null;
}

export interface Operator {
  /** The machine that it is done on: those of one machine write into one record. */
  readonly machine: number;
  readonly doings: readonly Doing[];
}

/** What is done to VMs, by whom else there is. */
export type Event =
  | { readonly kind: 'stop' | 'reboot' | 'rebuild' | 'save'; readonly vm: string }
  /** @param bare without limits, as Nova does it */
  | { readonly kind: 'migrate'; readonly vm: string; readonly to: number; readonly bare: boolean }
  | {
      readonly kind: 'hand';
      readonly vm: string;
      readonly nic: number;
      readonly side: Side;
      readonly rate: Rate;
    }
  /** @param during so many writes later, if they come, else at once */
  | { readonly kind: 'libvirtd'; readonly host: number; readonly downMs: number; readonly during: number }
  /** All lines there are, and the answers to so many programs after that many bytes. */
  | { readonly kind: 'cut'; readonly host: number; readonly times: number; readonly afterBytes: number }
  /** The answers to so many programs tell nothing of what was done. */
  | { readonly kind: 'mute'; readonly host: number; readonly times: number }
  | { readonly kind: 'fill'; readonly machine: number; readonly forMs: number }
  /** A watch is killed and started again. */
  | { readonly kind: 'watch'; readonly index: number };

export const SIDES = ['live', 'config'] as const;
export type Side = (typeof SIDES)[number];

export interface Timed {
  readonly when: When;
  readonly event: Event;
}

export interface Scenario {
  readonly seed: string;
  readonly operators: readonly Operator[];
  /** Watches that keep {@link WATCHED} all the while. */
  readonly watches: number;
  readonly events: readonly Timed[];
}

/** What a world is like, as far as a scenario must know. */
export interface Shape {
  readonly vms: readonly string[];
  readonly hosts: number;
  readonly nics: number;
  /** What takes a thousand milliseconds in the slowest of worlds. */
  readonly second: number;
}

export const WATCHED: Rate = 900;
/** What the last run declares. */
export const LAST: Rate = 999;
const BY_HAND: Rate = 500_000;

const MACHINES = 2;

const ABOUT_TO_WRITE: When = { line: 'intent', afterMs: 0 };

export function drawScenario(seed: string, shape: Shape, watched = false): Scenario {
  const draw = drawFrom(seed);
  let rate = 1000;
  const next = (): Rate => ++rate;
  const operators = watched
    ? []
    : draw.chance(0.6)
      ? [0, 1].map((index) => drawOperator(draw, shape, next, index, 2))
      : [drawOperator(draw, shape, next, 0, 3)];
  const events = Array.from({ length: draw.int(2, 7) }, (_, index) => {
    const when = drawWhen(draw, shape);
    const event = drawEvent(draw, shape, BY_HAND + index, watched);
    // What tells nothing is the answer to a write that is about to begin; else it is seldom one to a write at all.
    return { when: event.kind === 'mute' && draw.chance(0.7) ? ABOUT_TO_WRITE : when, event };
  });
  return { seed, operators, watches: watched ? (draw.chance(0.4) ? 2 : 1) : 0, events };
}

function drawOperator(draw: Draw, shape: Shape, next: () => Rate, index: number, most: number): Operator {
  const doings = Array.from(
    { length: draw.int(1, most) },
    (_, number): Doing => ({
      pauseMs: draw.int(0, shape.second / 5),
      command: drawCommand(draw, shape, next, number === 0),
      kill: draw.chance(0.6) ? drawKill(draw, shape) : null,
      trial: draw.chance(0.35) ? drawTrial(draw, shape) : null,
    }),
  );
  return { machine: index === 0 || draw.chance(0.6) ? 0 : MACHINES - 1, doings };
}

function drawCommand(draw: Draw, { vms, hosts }: Shape, next: () => Rate, first: boolean): Command {
  // There is nothing to take back at first.
  const at = draw.random() * (first ? 0.8 : 1);
  if (at < 0.5)
    return {
      kind: 'run',
      rate: next(),
      vm: draw.chance(0.2) ? draw.pick(vms) : null,
      forks: draw.int(1, hosts),
    };
  if (at < 0.6) return { kind: 'set', rate: next(), vm: draw.pick(vms) };
  if (at < 0.8) return { kind: 'plan', rate: next(), apply: draw.pick(['once', 'again', 'at once']) };
  return { kind: 'rollback' };
}

function drawKill(draw: Draw, shape: Shape): Kill {
  const signal = draw.chance(0.8) ? 'SIGKILL' : draw.pick(['SIGTERM', 'SIGINT'] as const);
  return { signal, when: drawWhen(draw, shape) };
}

function drawTrial(draw: Draw, shape: Shape): OnTrial {
  const at = draw.random();
  // At once, which must be in time on a machine that is busy, too; else around the end of it, too late or never.
  const seconds = at < 0.35 ? 30 : draw.int(1, 4);
  if (at > 0.75) return { seconds, confirm: null };
  const afterMs =
    at < 0.35 ? 0 : seconds * 1000 + (at < 0.6 ? -draw.int(0, shape.second) : draw.int(0, shape.second));
  return {
    seconds,
    confirm: {
      how: draw.pick(['once', 'once', 'at once', 'again'] as const),
      afterMs: Math.max(0, afterMs),
      kill: draw.chance(0.5) ? drawKill(draw, shape) : null,
    },
  };
}

function drawWhen(draw: Draw, { second }: Shape): When {
  const line = draw.pick(['start', 'intent', 'write', 'write', 'result', null] as const);
  return {
    line,
    afterMs: line === 'write' ? 0 : draw.int(0, line === 'start' || line === null ? second / 2 : second / 8),
  };
}

function drawEvent(draw: Draw, { vms, hosts, nics, second }: Shape, rate: Rate, watched: boolean): Event {
  const vm = draw.pick(vms);
  const host = draw.int(0, hosts - 1);
  const at = draw.random();
  if (at < 0.3) return { kind: draw.pick(['stop', 'reboot', 'rebuild', 'save']), vm };
  if (at < 0.45) return { kind: 'migrate', vm, to: host, bare: draw.chance(0.5) };
  if (at < 0.65) return { kind: 'hand', vm, nic: draw.int(0, nics - 1), side: draw.pick(SIDES), rate };
  if (at < 0.78) {
    const downMs = draw.chance(0.1) ? 10 * second : draw.int(10, second / 2);
    return { kind: 'libvirtd', host, downMs, during: draw.int(0, 6) };
  }
  if (at < 0.88) return { kind: 'cut', host, times: draw.int(0, 6), afterBytes: draw.int(0, 3000) };
  if (at < 0.94) return { kind: 'mute', host, times: draw.int(1, 4) };
  if (watched) return { kind: 'watch', index: draw.int(0, 1) };
  return { kind: 'fill', machine: 0, forMs: draw.int(0, 3 * second) };
}
