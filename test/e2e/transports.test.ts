import { describe } from 'vitest';
import { sshdBinary } from './connection/sshd.ts';
import { transportSuite } from './connection/suite.ts';

/** The same expectations for every way to run commands. */
describe.skipIf(sshdBinary() === null && !process.env.CI)('transports', () => {
  transportSuite('ssh');
  transportSuite('openssh');
  transportSuite('local');
});
