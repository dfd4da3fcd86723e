import { expect, it } from 'vitest';
import type { Change } from '../../../src/model/change.ts';
import type { HostResult } from '../../../src/model/result.ts';
import { isPart, withOthers } from '../../../src/watch/part.ts';

type Vm = readonly [uuid: string, name: string, status: Change['status'], ...nics: readonly string[]];

const change = ([uuid, name, status]: Vm, key: string): Change =>
  ({
    domain: { uuid, name },
    subject: { key },
    status,
    steps: status === 'changed' ? [{ commands: [] }] : [],
    settings: [
      { name: 'inbound', desired: { live: 100 }, live: status === 'changed' ? null : 100, config: 7 },
    ],
    after: status === 'changed' ? { live: { inbound: 100 }, config: null } : null,
    ...(status === 'changed' ? { cause: { kind: 'newVm', text: 'new' } } : {}),
  }) as unknown as Change;

const host = (complete: boolean, ...vms: readonly Vm[]): HostResult => ({
  name: 'hv1',
  address: '',
  hypervisor: 'h',
  status: 'ok',
  durationMs: 1,
  totals: { nic: complete ? vms.length : { vms: 9, read: {} } },
  resources: vms.flatMap((vm) => vm.slice(3).map((nic) => change(vm, nic))),
  vms: { complete, known: vms.map(([uuid, name]) => ({ uuid, name, id: 1 })) },
});

const told = ([first]: readonly HostResult[]) =>
  first?.resources.map(({ domain, subject, status }) => `${domain.name} ${subject.key} ${status}`);

const before = host(
  true,
  ['a', 'web', 'inSync', '1', '2'],
  ['b', 'db', 'changed', '1'],
  ['c', 'mail', 'failed', '1'],
);

it('tells of the others what was found before, each in its place, and what was set as in sync', () => {
  const found = [host(false, ['b', 'db', 'changed', '1', '2'])];
  const all = withOthers(found, [before], ['db']);
  expect(told(all)).toEqual([
    'web 1 inSync',
    'web 2 inSync',
    'db 1 changed',
    'db 2 changed',
    'mail 1 failed',
  ]);
  expect(all[0]).toMatchObject({ status: 'failed', totals: { nic: 3 }, vms: { complete: true } });
  const later = withOthers([host(false, ['a', 'web', 'inSync', '1'])], all, ['web']);
  expect(told(later)).toEqual(['web 1 inSync', 'db 1 inSync', 'db 2 inSync', 'mail 1 failed']);
  const [, db] = later[0]?.resources ?? [];
  expect(db?.settings).toEqual([{ name: 'inbound', desired: { live: 100 }, live: 100 }]);
  expect([db?.after, db?.cause, db?.steps]).toEqual([null, undefined, []]);
  expect(later[0]?.vms?.known.map(({ uuid }) => uuid).toSorted()).toEqual(['a', 'b', 'c']);
});

it('forgets a VM in whose place there is another one, and adds what is new', () => {
  const found = [host(false, ['d', 'db', 'inSync', '1'], ['e', 'new', 'changed', '1'])];
  expect(told(withOthers(found, [before], ['db', 'new']))).toEqual([
    'web 1 inSync',
    'web 2 inSync',
    'mail 1 failed',
    'db 1 inSync',
    'new 1 changed',
  ]);
});

it('leaves alone what is of all VMs, what could not be read, and what rules are about few VMs anyway', () => {
  const whole = host(true, ['a', 'web', 'inSync', '1']);
  expect(withOthers([whole], [before], ['web'])).toEqual([whole]);
  const failed = { ...host(false), error: 'it has no virsh' };
  expect(withOthers([failed], [before], ['web'])).toEqual([failed]);
  expect(isPart([whole], [before])).toBe(false);
  const few = host(false, ['a', 'web', 'inSync', '1']);
  expect(isPart([few], [few])).toBe(false);
  expect(isPart([few], [before])).toBe(true);
});
