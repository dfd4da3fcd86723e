import { type Direction, PHASES, type Phase } from './phases.ts';
import { between, weighted } from './random.ts';

/** What is done to the bytes of one direction from one place on. Times in milliseconds. */
export type Harm =
  /** Both ends lose the connection. */
  | { readonly kind: 'cut'; readonly how: 'fin' | 'rst' }
  /** Nothing more passes, not even an end: a path that went dead. */
  | { readonly kind: 'stall'; readonly both: boolean }
  | { readonly kind: 'delay'; readonly ms: number }
  | { readonly kind: 'flip'; readonly mask: number }
  | { readonly kind: 'drop'; readonly count: number }
  | { readonly kind: 'duplicate'; readonly count: number }
  | { readonly kind: 'insert'; readonly bytes: readonly number[] };

export type Fault =
  | { readonly phase: 'connect'; readonly harm: { readonly kind: 'hangUp'; readonly how: 'fin' | 'rst' } }
  | {
      readonly phase: Phase;
      readonly direction: Direction;
      /** How many bytes of this phase and direction pass unharmed before it. */
      readonly at: number;
      readonly harm: Harm;
    };

/** How many bytes each direction carries in each phase of a connection without faults. */
export type Lengths = Readonly<Record<Direction, Readonly<Record<Phase, number>>>>;

/** To be filled. */
export const noLengths = (): Record<Direction, Record<Phase, number>> => {
  const none = () => Object.fromEntries(PHASES.map((phase) => [phase, 0])) as Record<Phase, number>;
  return { up: none(), down: none() };
};

/** The same of a run that only checks. */
export const withoutWriting = ({ up, down }: Lengths): Lengths => ({
  up: { ...up, write: 0, outcome: 0 },
  down: { ...down, outcome: 0 },
});

/**
 * Where faults happen, and how often. The later a phase, the fewer connections live to see it: those where things are
 * at stake are drawn more often.
 */
const WEIGHTS: readonly (readonly [weight: number, place: readonly [Phase, Direction]])[] = [
  [2, ['banner', 'up']],
  [2, ['banner', 'down']],
  [4, ['kex', 'up']],
  [4, ['kex', 'down']],
  [4, ['login', 'up']],
  [5, ['login', 'down']],
  [9, ['read', 'up']],
  [2, ['answer', 'up']],
  [13, ['answer', 'down']],
  [18, ['write', 'up']],
  [4, ['outcome', 'up']],
  [26, ['outcome', 'down']],
];

export const PLACES = WEIGHTS.map(([, place]) => place);

const HARMS: readonly (readonly [weight: number, kind: Harm['kind']])[] = [
  [30, 'cut'],
  [12, 'stall'],
  [14, 'delay'],
  [18, 'flip'],
  [9, 'drop'],
  [8, 'duplicate'],
  [9, 'insert'],
];

export const KINDS = HARMS.map(([, kind]) => kind);

/** What one connection is to suffer, in the phases that it will see; null for nothing. */
export function drawFault(random: () => number, lengths: Lengths): Fault | null {
  const luck = random();
  const how = random() < 0.5 ? 'fin' : 'rst';
  if (luck < 0.04) return null;
  if (luck < 0.07) return { phase: 'connect', harm: { kind: 'hangUp', how } };
  const there = WEIGHTS.filter(([, [phase, direction]]) => lengths[direction][phase] > 0);
  const [phase, direction] = weighted(random, there);
  const at = between(random, 0, lengths[direction][phase] - 1);
  return { phase, direction, at, harm: drawHarm(random, how) };
}

function drawHarm(random: () => number, how: 'fin' | 'rst'): Harm {
  const few = between(random, 1, 24);
  const kind = weighted(random, HARMS);
  switch (kind) {
    case 'cut':
      return { kind, how };
    case 'stall':
      return { kind, both: random() < 0.5 };
    case 'delay':
      return { kind, ms: between(random, 5, 600) };
    case 'flip':
      return { kind, mask: between(random, 1, 255) };
    case 'insert':
      return { kind, bytes: Array.from({ length: few }, () => between(random, 0, 255)) };
    default:
      return { kind, count: few };
  }
}
