import { ConnectionError, type ConnectionTarget } from '../connection.ts';
import { gateKey } from '../gate.ts';
import type { Shared } from '../shared.ts';
import { unlessAborted } from './shared_logins.ts';

/**
 * Every sshd that is asked on the route to a target, the target's own last: hosts that have one in common may wait for
 * the same sick machine. Pure.
 */
export function sshdsOnRoute(target: ConnectionTarget): readonly string[] {
  if (target.kind === 'local') return [];
  return [...(target.jump === undefined ? [] : sshdsOnRoute(target.jump)), gateKey(target)];
}

/** As Connector.waitForJump. */
export async function waitForJump(
  shared: Shared,
  target: ConnectionTarget,
  signal: AbortSignal,
): Promise<() => void> {
  const { jump, kind } = target;
  if (jump === undefined || kind === 'local') return () => {};
  const openssh = kind === 'openssh' || (await onlyOpenssh(shared, target));
  if (openssh === null) return () => {};
  const lease = openssh
    ? (await import('../openssh/bastions.ts')).leaseOpensshBastion(shared, jump)
    : (await import('../ssh2/bastions.ts')).leaseBastion(shared, jump);
  await unlessAborted<unknown>(lease.login, signal, () => new ConnectionError('aborted', '')).catch(() => {});
  return lease.release;
}

/** Null where that can't be told, for known_hosts that can't be read: connecting to the target fails by that, too. */
async function onlyOpenssh(shared: Shared, target: ConnectionTarget): Promise<boolean | null> {
  const { needsOpenssh } = await import('../choose_transport.ts');
  try {
    return needsOpenssh(shared, target).length > 0;
  } catch {
    return null;
  }
}
