import { ConnectionError, type ConnectionTarget } from '../connection.ts';
import { gateKey } from '../gate.ts';
import { unlessAborted } from './shared_logins.ts';

/**
 * Every sshd that is asked on the way to a target, the target's own last: hosts that have one in common may wait for
 * the same sick machine. Pure.
 */
export function sshdsOnWay(target: ConnectionTarget): readonly string[] {
  if (target.kind === 'local') return [];
  return [...(target.jump === undefined ? [] : sshdsOnWay(target.jump)), gateKey(target)];
}

/**
 * Waits until the login to the jump host of a target has succeeded or failed, so that nothing else need be held
 * meanwhile; connecting to the target then has it at once, or fails at once.
 * @param signal ends the wait early
 * @returns gives the part in that login back; to be called once the target is done with
 */
export async function waitForJump(target: ConnectionTarget, signal: AbortSignal): Promise<() => void> {
  const { jump, kind } = target;
  if (jump === undefined || kind === 'local') return () => {};
  const openssh = kind === 'openssh' || (await onlyOpenssh(target));
  if (openssh === null) return () => {};
  const lease = openssh
    ? (await import('../openssh/bastions.ts')).leaseOpensshBastion(jump)
    : (await import('../ssh2/bastions.ts')).leaseBastion(jump);
  await unlessAborted<unknown>(lease.login, signal, () => new ConnectionError('aborted', '')).catch(() => {});
  return lease.release;
}

/** Null where that can't be told, for known_hosts that can't be read: connecting to the target fails by that, too. */
async function onlyOpenssh(target: ConnectionTarget): Promise<boolean | null> {
  const { needsOpenssh } = await import('../choose_transport.ts');
  try {
    return needsOpenssh(target).length > 0;
  } catch {
    return null;
  }
}
