import { onceAborted } from './abort.ts';
import { ConnectionError, type ConnectionTarget } from './connection.ts';
import type { Shared } from './shared.ts';

/** How many logins one sshd is asked for at a time: it counts only those that are not done (MaxStartups). */
export interface Pace {
  readonly window: number;
}

/** Free at first: who sheds no load is not slowed down. */
export const FREE_PACE: Pace = { window: Number.POSITIVE_INFINITY };

/**
 * After a login that was shed: half of what was under way then. Pure.
 * @param underWay logins under way, the shed one included
 */
export function afterDrop(pace: Pace, underWay: number): Pace {
  return { window: Math.max(1, Math.floor(Math.min(pace.window, underWay) / 2)) };
}

/** After a login that got through: one more for each four windows' worth of them. Pure. */
export function afterLogin(pace: Pace): Pace {
  return pace.window === Number.POSITIVE_INFINITY ? pace : { window: pace.window + 0.25 / pace.window };
}

interface Gate {
  pace: Pace;
  underWay: number;
  readonly waiting: (() => void)[];
}

/** The gates of a run, by the sshd that each is for. */
function gatesOf(): Map<string, Gate> {
  return new Map();
}

/** The sshds that have let somebody in during this run. */
function letIn(): Set<string> {
  return new Set();
}

/** Whether the sshd of a target has let somebody in during this run. */
export function wasLetIn(shared: Shared, target: ConnectionTarget): boolean {
  return shared.the(letIn).has(gateKey(target));
}

/** The sshd of a target and the route to it. */
export function gateKey(target: ConnectionTarget): string {
  const { address, port, proxyCommand, jump } = target;
  const route = jump === undefined ? (proxyCommand ?? '') : gateKey(jump);
  return `${address}\0${port}\0${route}`;
}

/**
 * Logs in when the sshd of a target may be asked for one more login. One that sheds load is asked for fewer at a time
 * from then on, and cautiously for more again: no storm of retries, and no need to know its limits.
 */
export async function throughGate<T>(
  shared: Shared,
  target: ConnectionTarget,
  signal: AbortSignal | undefined,
  login: () => Promise<T>,
): Promise<T> {
  const gates = shared.the(gatesOf);
  const key = gateKey(target);
  const gate: Gate = gates.get(key) ?? { pace: FREE_PACE, underWay: 0, waiting: [] };
  gates.set(key, gate);
  while (gate.underWay >= Math.floor(gate.pace.window)) {
    await turn(gate, signal);
    if (signal?.aborted) break; // the login itself says so
  }
  gate.underWay++;
  try {
    const result = await login();
    shared.the(letIn).add(key);
    gate.pace = afterLogin(gate.pace);
    return result;
  } catch (error) {
    if (error instanceof ConnectionError && error.transient && error.code === 'closed')
      gate.pace = afterDrop(gate.pace, gate.underWay);
    throw error;
  } finally {
    gate.underWay--;
    for (let free = Math.floor(gate.pace.window) - gate.underWay; free > 0 && gate.waiting.length > 0; free--)
      wake(gate);
    if (gate.underWay === 0 && gate.waiting.length === 0 && gate.pace === FREE_PACE) gates.delete(key);
  }
}

function turn(gate: Gate, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resume) => {
    const go = (): void => {
      forget();
      resume();
    };
    const forget = onceAborted(signal, () => {
      gate.waiting.splice(gate.waiting.indexOf(go), 1);
      resume();
    });
    if (signal?.aborted) resume();
    else gate.waiting.push(go);
  });
}

function wake(gate: Gate): void {
  gate.waiting.shift()?.();
}
