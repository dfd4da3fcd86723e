import { describe } from 'vitest';
import { DROPBEAR, OPENSSH } from './connection/servers.ts';
import { transportSuite } from './connection/suite.ts';

/** The same expectations for every way to run commands, and for two kinds of server. */
describe('transports', () => {
  for (const server of [OPENSSH, DROPBEAR]) {
    const missing = server.missing();
    if (missing !== null && !process.env.CI)
      console.warn(`left out: connections to ${server.name} (${missing})`);
    transportSuite('ssh', server);
    transportSuite('openssh', server);
  }
  transportSuite('local');
});
