/** So many requests a second for each who asks, with as many at once as some seconds allow. */
export interface RateLimit {
  /** @returns 0 where the request may pass, else the seconds after which one may */
  readonly take: (who: string) => number;
}

/** A burst of so many seconds' requests passes. */
const BURST_S = 4;
/** So many are remembered: whoever is forgotten begins with a whole burst again. */
const MOST = 20_000;

/** @param perSecond of one who asks @param burst so many at once @param now milliseconds of a clock that only goes on */
export function rateLimit(
  perSecond: number,
  { burst = perSecond * BURST_S, now = () => performance.now() }: { burst?: number; now?: () => number } = {},
): RateLimit {
  const most = Math.max(1, burst);
  const known = new Map<string, { left: number; at: number }>();
  return {
    take: (who) => {
      const at = now();
      const own = known.get(who) ?? { left: most, at };
      own.left = Math.min(most, own.left + ((at - own.at) / 1000) * perSecond);
      own.at = at;
      // The last to ask stands last, so that the first are those that have asked for nothing for long.
      known.delete(who);
      known.set(who, own);
      if (known.size > MOST) for (const oldest of [...known.keys()].slice(0, MOST / 10)) known.delete(oldest);
      if (own.left >= 1) {
        own.left -= 1;
        return 0;
      }
      return Math.max(1, Math.ceil((1 - own.left) / perSecond));
    },
  };
}
