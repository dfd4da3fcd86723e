import { expect, it } from 'vitest';
import { opensshError } from '../../../src/connection/openssh/errors.ts';
import { sshError } from '../../../src/connection/ssh_errors.ts';
import { targetOf } from './fixtures.ts';

it('tells a blackholed route as what it is', () => {
  const error = { code: 'EINVAL', syscall: 'connect', message: 'connect EINVAL' };
  const failed = sshError(targetOf({}), { phase: 'connect', greeting: '', error });
  expect([failed.code, failed.message]).toEqual([
    'unreachable',
    expect.stringMatching(/^a route of this machine drops everything to .* \(EINVAL: a blackhole\)$/),
  ]);
  const said = 'ssh: connect to host 203.0.113.1 port 22: Invalid argument';
  expect(opensshError(targetOf({}), said, 255)).toMatchObject({
    code: 'unreachable',
    hint: expect.stringContaining('is a blackhole'),
  });
  // Only on the way: later it is what the program itself has done wrong.
  expect(sshError(targetOf({}), { phase: 'handshake', greeting: '', error }).code).not.toBe('unreachable');
});
