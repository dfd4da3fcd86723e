import { expect } from 'vitest';
import { ConnectionError, type ConnectionTarget } from '../../../src/connection/connection.ts';
import type { ExecResult } from '../../../src/connection/session.ts';
import { connect } from '../../unit/connection/connected.ts';

/** Runs one command over a connection of its own. */
export async function runOn(target: ConnectionTarget, command: string): Promise<ExecResult> {
  const connection = await connect(target);
  try {
    return await connection.exec(command);
  } finally {
    connection.close();
  }
}

/** The error with which that ends, which must be one of the connection's. */
export async function failureOn(target: ConnectionTarget, command = 'true'): Promise<ConnectionError> {
  const error = await runOn(target, command).then(
    () => new Error('it succeeded'),
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(ConnectionError);
  return error as ConnectionError;
}
