import type { ConnectionTarget } from '../connection/connection.ts';
import type { Connector } from '../connection/connector.ts';
import { sshdsOnRoute } from '../connection/jumps/route.ts';
import { fairPool } from './fair_pool.ts';

/** Lets so many hosts be visited at once. */
export interface Turns {
  /** A visit that begins with connecting. A host that waits for its jump host keeps no other from its turn. */
  readonly visit: <T>(target: ConnectionTarget, work: () => Promise<T>) => Promise<T>;
  /** More of a visit that has begun. */
  readonly again: <T>(target: ConnectionTarget, work: () => Promise<T>) => Promise<T>;
}

/** @param stopping fires when no new visit is to begin: then the work begins at once, to say so */
export function hostTurns(
  connector: Pick<Connector, 'waitForJump'>,
  atOnce: number,
  stopping: AbortSignal,
): Turns {
  const pool = fairPool(atOnce);
  const again: Turns['again'] = (target, work) => pool(sshdsOnRoute(target), work);
  return {
    visit: async (target, work) => {
      const leave = stopping.aborted ? () => {} : await connector.waitForJump(target, stopping);
      return again(target, work).finally(leave);
    },
    again,
  };
}
