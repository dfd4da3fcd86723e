import { expect, it } from 'vitest';
import type { Change } from '../../../src/model/change.ts';
import { leftStarting } from '../../../src/watch/starting.ts';
import { hostResult, nicChange } from '../reporters/results.ts';

const looked = (...resources: Change[]) =>
  leftStarting(hostResult('hv01', { status: 'failed', resources })).resources.map(
    ({ status, reason, job }) => [status, reason, job],
  );
const starting = (given: Partial<Change> = {}) => nicChange('busy', { job: 'start', reason: 'x', ...given });

it('what a look has found of a VM that is being started has not failed, whatever its words', () => {
  expect(looked(starting(), starting({ reason: '' }))).toEqual(
    Array(2).fill(['skipped', 'its VM is being started: it is looked at once it runs', undefined]),
  );
  expect(leftStarting(hostResult('hv01', { status: 'failed', resources: [starting()] })).status).toBe(
    'skipped',
  );
});

it('what else is busy or has failed stays, with whatever words', () => {
  const words = 'another job holds the VM: start; libvirt lets nobody change the VM until that ends';
  const others = [
    nicChange('busy', { reason: words }),
    nicChange('busy', { job: 'save', reason: words }),
    nicChange('failed', { reason: words }),
  ];
  expect(looked(...others, starting())).toEqual([
    ['busy', words, undefined],
    ['busy', words, 'save'],
    ['failed', words, undefined],
    ['skipped', expect.anything(), undefined],
  ]);
  const host = hostResult('hv01', { status: 'failed', resources: [...others, starting()] });
  expect(leftStarting(host).status).toBe('failed');
});

it('a host that could not be looked at stays as it is', () => {
  const host = hostResult('hv01', { status: 'unreachable', error: 'no route', resources: [starting()] });
  expect(leftStarting(host)).toBe(host);
});
