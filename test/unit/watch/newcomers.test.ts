import { expect, it } from 'vitest';
import { newcomers } from '../../../src/watch/newcomers.ts';

const found = (name: string, ...uuids: string[]) => ({
  name,
  vms: { complete: true, known: uuids.map((uuid) => ({ name: uuid, uuid })) },
});

it('tells of a VM once, until the cloud has told of it', () => {
  const servers = new Map<string, ReadonlySet<string>>([
    ['hv1', new Set(['a'])],
    ['hv2', new Set()],
  ]);
  const isNew = newcomers((host) => servers.get(host) ?? null);
  expect(isNew(found('hv1', 'a'))).toBe(false);
  expect(isNew(found('hv1', 'a', 'b'))).toBe(true);
  // One that no cloud knows is there at every look.
  expect(isNew(found('hv1', 'a', 'b'))).toBe(false);
  // One that has moved is new where it is now.
  expect(isNew(found('hv2', 'a'))).toBe(true);
  expect(isNew(found('hv1', 'b', 'c'))).toBe(true);
  servers.set('hv1', new Set(['a', 'b', 'c']));
  expect(isNew(found('hv1', 'b', 'c'))).toBe(false);
  servers.set('hv1', new Set(['a']));
  expect(isNew(found('hv1', 'b'))).toBe(true);
});

it('says nothing of hosts of which no cloud tells, or that could not be read', () => {
  const isNew = newcomers((host) => (host === 'hv1' ? new Set() : null));
  expect(isNew(found('plain', 'a'))).toBe(false);
  expect(isNew({ name: 'hv1' })).toBe(false);
});
