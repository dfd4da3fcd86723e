import { CloudError } from '../../openstack/errors.ts';
import { steadyNow } from '../../watch/clock.ts';

/** Whether a service of a cloud answers, told when that changes: not at each request that finds the same. */
export interface Outage {
  readonly failed: (cause: Error) => void;
  readonly answered: () => void;
}

/** The same trouble that comes and goes is told so often at most. */
const AGAIN_MS = 60_000;

/**
 * @param tell what is said of a cause
 * @param over what is said once it is over
 * @param steady milliseconds, by a clock that nobody sets
 */
export function outage(
  tell: (cause: Error) => string,
  over: string,
  say: (text: string) => void,
  steady: () => number = steadyNow,
): Outage {
  const toldAt = new Map<string, number>();
  let isTold = false;
  return {
    failed: (cause) => {
      const kind = cause instanceof CloudError ? `${cause.code} ${cause.status}` : '';
      const at = toldAt.get(kind);
      if (at !== undefined && (isTold || steady() - at < AGAIN_MS)) return;
      toldAt.set(kind, steady());
      isTold = true;
      say(tell(cause));
    },
    answered: () => {
      if (!isTold) return;
      isTold = false;
      say(over);
    },
  };
}
