import { ConnectionError } from '../connection/connection.ts';
import type { Connector } from '../connection/connector.ts';
import type { Session } from '../connection/session.ts';

/**
 * A connector for runs of one hypervisor, which share the session of its stream: a look costs no login. Where the server
 * runs one program on a connection only (`MaxSessions 1`), each run has a connection of its own.
 * @param owner whether a target and user are those of the session
 */
export function borrowed(
  connector: Connector,
  session: Session,
  isOwn: (...args: Parameters<Connector['connect']>) => boolean,
): Connector {
  let room = true;
  return {
    ...connector,
    connect: async (target, options) => {
      if (!room || !isOwn(target, options)) return connector.connect(target, options);
      let other: Session | null = null;
      const exec: Session['exec'] = async (...words) => {
        if (other !== null) return other.exec(...words);
        try {
          return await session.exec(...words);
        } catch (error) {
          if (!(error instanceof ConnectionError) || error.code !== 'max_sessions') throw error;
          room = false;
          other = await connector.connect(target, options);
          return other.exec(...words);
        }
      };
      return {
        exec,
        open: (...words) => session.open(...words),
        // The session is its owner's to close.
        close: () => other?.close(),
      };
    },
    waitForJump: async () => () => {},
    close: () => {},
  };
}
