import { openChannel } from './channel.ts';
import type { ConnectionTarget } from './connection.ts';
import { exec } from './exec.ts';
import type { Session } from './session.ts';
import type { Transport } from './transport.ts';

/** The session that a transport serves. */
export function sessionOver(transport: Transport, target: ConnectionTarget): Session {
  return {
    exec: (command, stdin, heard) => exec(transport, target, command, stdin, heard),
    open: (command, options) => openChannel(transport, target, command, options),
    close: transport.close,
  };
}
