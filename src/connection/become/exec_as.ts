import { newMarker } from '../marker.ts';
import type { ExecResult, Session } from '../session.ts';
import { type Become, becomeCommand, withoutBecome } from './become.ts';
import { becomeRefusal } from './errors.ts';

/**
 * Runs one program without input as another user, in a session of the login itself.
 * @throws BecomeError where the host refuses
 */
export async function execAs(session: Session, become: Become | null, command: string): Promise<ExecResult> {
  if (become === null) return session.exec(command);
  const marker = newMarker();
  const wrapped = becomeCommand(command, become, marker);
  const result = await session.exec(wrapped.command, wrapped.stdin);
  const refusal = becomeRefusal(result, become, marker);
  if (refusal !== null) throw refusal;
  return withoutBecome(result, become, marker);
}
