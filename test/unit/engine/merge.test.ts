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

  it('tell what comes first of what is to come, and all that goes on, whichever task has it', () => {
    const at = (hour: number) => ({
      next: {
        ...{ at: `2030-01-01T${hour}:00:00.000Z`, zone: 'UTC', rules: [], text: `at ${hour}` },
        desired: { live: {}, config: {} },
      },
    });
    const hours = (...changes: Change[]) => all(...changes).map(({ next }) => next?.text);
    expect(hours(nic('inSync'), nic('pending', at(18)))).toEqual(['at 18']);
    expect(hours(nic('inSync', at(18)), nic('inSync', at(17)), nic('inSync'))).toEqual(['at 17']);
    const steps = (name: string, everySeconds: number) => ({
      ramp: {
        target: { live: { [name]: 9 }, config: {} },
        step: { live: { [name]: 5 }, config: {} },
        ...{ stepsLeft: 2, everySeconds },
      },
    });
    expect(all(nic('inSync'), nic('changed', steps('a', 60)), nic('changed', steps('b', 90)))).toMatchObject([
      {
        ramp: {
          target: { live: { a: 9, b: 9 }, config: {} },
          step: { live: { a: 5, b: 5 }, config: {} },
          everySeconds: 90,
        },
      },
    ]);
    const held = all(nic('changed', { held: { a: 1 } }), nic('changed', { held: { b: 2 } }));
    expect(held).toMatchObject([{ held: { a: 1, b: 2 } }]);
    const kernel = { drift: [] };
    expect(all(nic('inSync'), nic('inSync', { kernel }))).toMatchObject([{ kernel }]);
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
