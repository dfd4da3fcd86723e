import { describe, expect, it } from 'vitest';
import { mergeChanges } from '../../../src/engine/merge.ts';
import type { Change } from '../../../src/model/change.ts';
import type { HostResult } from '../../../src/model/result.ts';
import type { SubjectStatus } from '../../../src/model/status.ts';
import { summarise } from '../../../src/report/summary.ts';
import { args, domain, facts, planHost, rate, rule } from '../modules/build.ts';

const [item] = planHost(args([rule({ limits: { inbound: rate(1) } })]), facts([domain()])).items;
const nic = (status: SubjectStatus, over: Partial<Change> = {}): Change => ({
  ...item!.change,
  status,
  ...over,
});
const all = (...changes: Change[]) =>
  changes.reduce<readonly Change[]>((before, change) => mergeChanges(before, [change]), []);
const merged = (...changes: Change[]) => all(...changes).map(({ status, ignored }) => [status, ignored]);
const step = (word: string) => ({ commands: [[word]] });

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
    const after = { live: { 'inbound.average': 1 }, config: null };
    const first = nic('changed', { after, reason: 'a', notes: ['n'], steps: [step('x')] });
    const second = nic('changed', { reason: 'b', notes: ['n', 'm'], steps: [step('x'), step('y')] });
    expect(all(first, second)).toEqual([
      { ...first, reason: 'a; b', notes: ['n', 'm'], steps: [step('x'), step('y')], after },
    ]);
  });

  it('tell the job that held the VM where that is what came of them', () => {
    const jobs = (...changes: Change[]) => all(...changes).map(({ status, job }) => [status, job]);
    const held = nic('busy', { job: 'save' });
    expect(jobs(held, nic('changed'))).toEqual([['busy', 'save']]);
    expect(jobs(nic('inSync'), held)).toEqual([['busy', 'save']]);
    expect(jobs(held, nic('failed'))).toEqual([['failed', undefined]]);
    expect(jobs(nic('busy'), held)).toEqual([['busy', undefined]]);
  });

  it('are not those of another NIC or VM', () => {
    const other = nic('inSync', { subject: { ...item!.change.subject, key: 'another' } });
    expect(all(nic('inSync'), other)).toHaveLength(2);
  });
});

it('a NIC counts once under two names of a hypervisor, and twice on two hosts', () => {
  const host = (name: string, hypervisor: string): HostResult => ({
    name,
    address: '',
    hypervisor,
    status: 'ok',
    durationMs: 0,
    resources: [nic('inSync')],
    totals: { nic: 3 },
  });
  expect(summarise([host('a', 'x'), host('b', 'x')])).toMatchObject({
    hosts: { total: 2 },
    resources: { nic: { total: 3, managed: 1, inSync: 1, unmanaged: 2 } },
  });
  expect(summarise([host('a', 'x'), host('b', 'y')]).resources.nic).toMatchObject({ total: 6, managed: 2 });
});
