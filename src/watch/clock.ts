/** Milliseconds since 1970 by a clock that never jumps: that of this machine as it was when the process began, and on. */
export const steadyNow = (): number => performance.timeOrigin + performance.now();
