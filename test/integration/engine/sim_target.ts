import { join } from 'node:path';
import type { ConnectionTarget } from '../../../src/connection/connection.ts';
import type { SimServer } from '../../../src/sim/sshd.ts';

/** How a simulated host is reached. @param dir where `writeFleetFiles` has put the fleet's files */
export function simTarget({ name, address, port }: SimServer, dir: string): ConnectionTarget {
  return {
    kind: 'ssh',
    host: name,
    address,
    port,
    user: 'root',
    privateKeyFile: join(dir, 'id_ed25519'),
    knownHostsFiles: [join(dir, 'known_hosts')],
    acceptNewHostKeys: false,
    connectTimeoutMs: 5000,
    idleTimeoutMs: 5000,
    execTimeoutMs: 10_000,
  };
}
