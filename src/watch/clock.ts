/** Milliseconds since 1970 by a clock that never jumps: that of this machine as it was when the process began, and on. */
export const steadyNow = (): number => performance.timeOrigin + performance.now();

/** The time that people read, by which rules begin and end. It may be set at any moment; nothing is waited for by it. */
export interface WallClock {
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** How often it is looked at whether it was set. */
  readonly everyMs: number;
}

export const WALL_CLOCK: WallClock = { now: Date.now, everyMs: 10_000 };

/** What time servers correct step by step changes nothing that anybody would notice. */
const SET_MS = 2_000;

/**
 * Tells when the wall clock was set, and by how many milliseconds. A machine that was suspended is such a case.
 * @returns ends it
 */
export function onClockSet({ now, everyMs }: WallClock, heard: (byMs: number) => void): () => void {
  let ahead = now() - steadyNow();
  const looking = setInterval(() => {
    const by = now() - steadyNow() - ahead;
    if (Math.abs(by) < SET_MS) return;
    ahead += by;
    heard(by);
  }, everyMs).unref();
  return () => clearInterval(looking);
}
