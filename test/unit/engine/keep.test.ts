import { expect, it } from 'vitest';
import { keeper } from '../../../src/engine/keep.ts';
import { mergeHostResults } from '../../../src/engine/merge.ts';
import type { Change } from '../../../src/model/change.ts';
import type { HostResult } from '../../../src/model/result.ts';
import { SUBJECT_STATUSES, type SubjectStatus } from '../../../src/model/status.ts';
import { summarise } from '../../../src/report/summary.ts';
import { args, domain, facts, planHost, rate, rule } from '../modules/build.ts';

const [item] = planHost(args([rule({ limits: { inbound: rate(1) } })]), facts([domain()])).items;
const nic = (status: SubjectStatus, key = 'one'): Change => ({
  ...item!.change,
  status,
  subject: { ...item!.change.subject, key },
});

function host(resources: readonly Change[], name = 'hv1'): HostResult {
  const totals = { nic: resources.length };
  return { name, address: '', hypervisor: 'x', status: 'ok', durationMs: 0, resources, totals };
}

const statuses = SUBJECT_STATUSES.filter((status) => status !== 'unreachable');

it('keeps the news of a run without a report, and of all else only that it is there', () => {
  const result = host(statuses.map((status) => nic(status, status)));
  const kept = keeper(false)(result);
  expect(kept.resources.map(({ status }) => status)).toEqual(
    statuses.filter((status) => status !== 'inSync' && status !== 'unmanaged'),
  );
  expect(kept.counted?.map(({ status, kind }) => [kind, status]).sort()).toEqual([
    ['nic', 'inSync'],
    ['nic', 'unmanaged'],
  ]);
  expect(Object.keys(kept.counted?.[0] ?? {}).sort()).toEqual(['id', 'kind', 'status']);
  expect(summarise([kept])).toEqual(summarise([result]));
});

it('keeps everything for a report, settings and rules that many have once', () => {
  const result = host([nic('inSync', 'a'), nic('pending', 'b'), nic('unmanaged', 'c')]);
  const kept = keeper(true)(result);
  expect(kept).toEqual(result);
  const [first, second] = kept.resources;
  expect(first?.settings).toBe(second?.settings);
  expect(first?.rules).toBe(second?.rules);
});

it('keeps what tells causes where a report has it, or somebody tells them at the end', () => {
  const result = { ...host([nic('pending')]), vms: { complete: true, known: [{ name: 'a', uuid: 'b' }] } };
  expect(keeper(true)(result).vms).toEqual(result.vms);
  expect(keeper(false, true)(result).vms).toEqual(result.vms);
  expect(keeper(false)(result).vms).toBeUndefined();
});

it('counts a subject once over plays and names, whichever of them has news of it', () => {
  for (const first of statuses)
    for (const second of statuses) {
      const plays = [host([nic(first), nic('inSync', 'two')]), host([nic(second), nic('unmanaged', 'two')])];
      const whole = plays.reduce((before, result) => mergeHostResults(before, result));
      const kept = plays.map(keeper(false)).reduce((before, result) => mergeHostResults(before, result));
      expect(summarise([kept]), `${first}, then ${second}`).toEqual(summarise([whole]));
      const names = plays.map((play, index) => ({ ...play, name: `hv${index}` }));
      expect(summarise(names.map(keeper(false)))).toEqual(summarise(names));
    }
});
