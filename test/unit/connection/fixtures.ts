import type { ConnectionTarget } from '../../../src/connection/connection.ts';

/** A target with short deadlines, none of which a test that succeeds comes near. */
export function targetOf(changes: Partial<ConnectionTarget> = {}): ConnectionTarget {
  return {
    kind: 'ssh',
    host: 'hv1',
    address: '127.0.0.1',
    port: 22,
    user: 'root',
    knownHostsFiles: [],
    acceptNewHostKeys: false,
    connectTimeoutMs: 30_000,
    idleTimeoutMs: 30_000,
    execTimeoutMs: 30_000,
    ...changes,
  };
}
