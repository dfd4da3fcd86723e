import { expect, it } from 'vitest';
import type { HostResult } from '../../../src/model/result.ts';
import { packed } from '../../../src/watch/last_seen.ts';

it('gives back what was packed, each time anew', () => {
  const host: HostResult = {
    name: 'hv1',
    address: '10.0.0.1',
    hypervisor: 'h',
    status: 'ok',
    durationMs: 1,
    resources: [],
    totals: {},
    vms: { complete: true, known: [{ name: "ü'; \u2028 ".repeat(1000), uuid: 'u', id: 1 }] },
  };
  const unpack = packed([host]);
  expect(unpack()).toEqual([host]);
  expect(unpack()).toEqual([host]);
});
