import type { Draw } from './draw.ts';
import { type Quantity, rate, size } from './quantities.ts';
import { drawSelectors } from './selectors.ts';
import type { Direction, Domain, Limit, Meant } from './types.ts';

/** A rule as a playbook has it, and as it is meant. */
export interface DrawnRule {
  readonly written: Readonly<Record<string, unknown>>;
  readonly meant: Meant;
}

/** @param name unique in its set @param named false: the rule is written without it, and is known by its place */
export function drawRule(draw: Draw, domains: readonly Domain[], name: string, named: boolean): DrawnRule {
  const { domain, match, nic } = drawSelectors(draw, domains);
  const values = draw.chance(0.2) ? drawSetInterface(draw) : drawDirections(draw);
  const applyTo = draw.pick(['both', 'both', 'both', 'live', 'config'] as const);
  const required = draw.chance(0.02);
  const parts: readonly (readonly [string, unknown])[] = [
    ...(named ? [['name', name] as const] : []),
    ...(domain.length === 0
      ? []
      : [['domain', domain.length === 1 && draw.chance(0.7) ? domain[0] : domain] as const]),
    ...(Object.keys(match).length === 0 ? [] : [['match', match] as const]),
    ...(nic === 'all' && draw.chance(0.7) ? [] : [['nic', nic] as const]),
    ...Object.entries(values.written),
    ...(applyTo === 'both' && draw.chance(0.7) ? [] : [['apply_to', applyTo] as const]),
    ...(required ? [['required', true] as const] : []),
  ];
  return {
    written: Object.fromEntries(parts),
    meant: { name, domain, match, nic, limits: values.limits, apply_to: applyTo, required },
  };
}

interface Values {
  readonly written: Readonly<Record<string, unknown>>;
  readonly limits: Meant['limits'];
}

/** Mostly what people write, at times the ends of what can be held. */
const drawRate = (draw: Draw) =>
  rate(
    draw,
    draw.pick([
      ...[draw.int(1, 9), draw.int(10, 999), draw.int(1000, 99_999), draw.int(100_000, 4_000_000)],
      ...(draw.chance(0.2) ? [draw.int(4_000_000, 4_294_900_000)] : []),
    ]),
  );
const drawSize = (draw: Draw) =>
  size(draw, draw.pick([draw.int(1, 99), draw.int(100, 9999), draw.int(10_000, 4_000_000)]));

function drawSetInterface(draw: Draw): Values {
  const { value, written } = draw.chance(0.1) ? { value: 0, written: 'unlimited' } : drawRate(draw);
  // As a burst, tc holds no more.
  const limit: Limit = value === 0 ? null : [value, value, Math.min(value, 4_194_303), 0];
  return { written: { rate: written }, limits: { inbound: limit, outbound: limit } };
}

const NAMES = {
  inbound: ['inbound', 'inbound', 'download'],
  outbound: ['outbound', 'outbound', 'upload'],
} as const;

function drawDirections(draw: Draw): Values {
  const written: Record<string, unknown> = {};
  const limits: Partial<Record<Direction, Limit>> = {};
  for (const direction of draw.some(['inbound', 'outbound'] as const)) {
    const drawn = drawLimit(draw, direction);
    written[draw.pick(NAMES[direction])] = drawn.written;
    limits[direction] = drawn.limit;
  }
  return { written, limits };
}

function drawLimit(draw: Draw, direction: Direction): { written: unknown; limit: Limit } {
  const kind = draw.random();
  if (kind < 0.2) return { written: 'unlimited', limit: null };
  const average = drawRate(draw);
  if (kind < 0.5) return { written: average.written, limit: [average.value, 0, 0, 0] };
  const more: Record<string, Quantity> = { average };
  if (draw.chance(0.6))
    more.peak = rate(draw, Math.min(4_294_900_000, average.value + draw.int(0, average.value)));
  if (draw.chance(0.6)) more.burst = drawSize(draw);
  // Only some networks can guarantee anything: elsewhere it is refused.
  if (direction === 'inbound' && draw.chance(0.06)) more.floor = rate(draw, draw.int(1, 50));
  const value = (key: string) => more[key]?.value ?? 0;
  return {
    written: Object.fromEntries(Object.entries(more).map(([key, { written }]) => [key, written])),
    limit: [value('average'), value('peak'), value('burst'), value('floor')],
  };
}
