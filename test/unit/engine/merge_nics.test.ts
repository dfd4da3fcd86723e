import { describe, expect, it } from 'vitest';
import { mergeNics } from '../../../src/engine/merge_nics.ts';
import type { HostResult, NicResult, NicStatus } from '../../../src/model/result.ts';
import { planHost } from '../../../src/modules/nic_limits/plan.ts';
import { summarise } from '../../../src/report/summary.ts';
import { args, domain, facts, rate, rule } from '../modules/build.ts';

const [item] = planHost(args([rule({ limits: { inbound: rate(1) } })]), facts([domain()])).items;
const nic = (status: NicStatus, over: Partial<NicResult> = {}): NicResult => ({
  ...item!.result,
  status,
  ...over,
});
const merged = (...nics: NicResult[]) => mergeNics(nics).map(({ status, ignored }) => [status, ignored]);

describe('the results of several tasks for one NIC', () => {
  it('are one, with the gravest outcome', () => {
    expect(merged(nic('changed'), nic('inSync'))).toEqual([['changed', undefined]]);
    expect(merged(nic('unmanaged'), nic('inSync'), nic('pending'))).toEqual([['pending', undefined]]);
    expect(merged(nic('changed'), nic('failed'))).toEqual([['failed', undefined]]);
  });

  it('of which an ignored one shows only where no other has anything to tell', () => {
    const ignored = nic('failed', { ignored: true });
    expect(merged(ignored, nic('inSync'))).toEqual([['failed', true]]);
    expect(merged(ignored, nic('pending'))).toEqual([['pending', undefined]]);
    expect(merged(ignored, nic('busy'))).toEqual([['busy', undefined]]);
  });

  it('keep all rules, commands, messages and notes, each once, and what was read back last', () => {
    const after = { live: { inbound: rate(1), outbound: null }, config: null };
    const first = nic('changed', { after, message: 'a', notes: ['n'], commands: ['x'] });
    const second = nic('changed', { message: 'b', notes: ['n', 'm'], commands: ['x', 'y'] });
    expect(mergeNics([first, second])).toEqual([
      { ...first, message: 'a; b', notes: ['n', 'm'], commands: ['x', 'y'], after },
    ]);
  });

  it('are not those of another NIC or VM', () => {
    const other = nic('inSync', { nic: { ...item!.result.nic, index: 2 } });
    expect(mergeNics([nic('inSync'), other])).toHaveLength(2);
  });
});

it('a NIC counts once under two names of a hypervisor, and twice on two hosts', () => {
  const host = (name: string, hypervisor: string): HostResult => ({
    name,
    address: '',
    hypervisor,
    status: 'ok',
    durationMs: 0,
    nics: [nic('inSync')],
    nicsTotal: 3,
  });
  expect(summarise([host('a', 'x'), host('b', 'x')])).toMatchObject({
    hosts: { total: 2 },
    nics: { total: 3, managed: 1, inSync: 1, unmanaged: 2 },
  });
  expect(summarise([host('a', 'x'), host('b', 'y')]).nics).toMatchObject({ total: 6, managed: 2 });
});
