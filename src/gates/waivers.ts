import type { BoundWaiver } from '../model/waiver.ts';
import { coverageOf } from '../waivers/covers.ts';
import { isExpired, waiverRef, waiverText } from '../waivers/uses.ts';
import type { Gate, Verdict } from './gate.ts';

export interface WaiversInput {
  readonly waivers: readonly BoundWaiver[];
  /** When the run began, in ms since 1970: a waiver that ends in the middle of it holds to its end. */
  readonly now: number;
}

/**
 * What somebody has waived is not written, and does not count. A subject is written whole: where a waiver covers a part
 * of what differs in it, nothing of it is written, and that is refused.
 */
export function waivers(input: WaiversInput | undefined): Gate | null {
  const held = (input?.waivers ?? []).filter((waiver) => !isExpired(waiver, input?.now ?? 0));
  if (held.length === 0) return null;
  const prepared = held.map((waiver) => ({ waiver, coverage: coverageOf(waiver) }));
  const whole = prepared.map(
    ({ waiver, coverage }): Verdict => ({
      covers: (change, hosts) => coverage(change, hosts) === 'whole',
      status: 'waived',
      reason: waiverText(waiver),
      waiver: waiverRef(waiver),
    }),
  );
  const part = prepared.map(
    ({ waiver, coverage }): Verdict => ({
      covers: (change, hosts) => coverage(change, hosts) === 'part',
      status: 'refused',
      reason: `only a part of what differs is ${waiverText(waiver)} (${waiver.file}:${waiver.line}); it is written whole or not at all: waive all of it, or take what is waived out of the rules`,
    }),
  );
  return {
    name: 'waivers',
    applies: () => true,
    alone: true,
    judge: () => [...whole, ...part],
    changesAt: (from) =>
      held.reduce<number | null>(
        (first, { endsAt }) => (endsAt <= from || (first !== null && first <= endsAt) ? first : endsAt),
        null,
      ),
  };
}
