import { describe, expect, it } from 'vitest';
import type { HostJob, PlayJob } from '../../../src/engine/job.ts';
import { joinEvidence, judge } from '../../../src/engine/judge.ts';
import { mergeShards } from '../../../src/engine/merge_shards.ts';
import { fleetId, shardNumber, shardPlays } from '../../../src/engine/shard.ts';
import type { RunEvidence, RunResult, ShardRun } from '../../../src/model/result.ts';
import { confirmCommand, confirmText } from '../../../src/reporters/findings.ts';
import { hostResult, nicChange, runResult } from '../reporters/results.ts';

function job(name: string, address = name): HostJob {
  const target = { kind: 'ssh', address, port: 22, user: 'root' } as unknown as HostJob['target'];
  const task = { name: 't', module: {} as never, args: {} };
  const once = { ...task, name: 'once', options: { runOnce: true } } as HostJob['tasks'][number];
  return { name, uri: 'qemu:///system', target, tasks: [task, once] };
}

function play(batches: readonly (readonly HostJob[])[]): PlayJob {
  return { play: { name: 'p' } as PlayJob['play'], batches, rules: [] };
}

const fleet = (count: number) => Array.from({ length: count }, (_, index) => job(`hv${index}`));
const namesOf = (plays: readonly PlayJob[]) =>
  plays.flatMap(({ batches }) => batches.flat().map(({ name }) => name));
const allShards = (plays: readonly PlayJob[], count: number) =>
  Array.from({ length: count }, (_, index) => shardPlays(plays, { index: index + 1, count }));

describe('the shards of a run', () => {
  it('have every host once, about as many each', () => {
    const shards = allShards([play([fleet(4000)])], 8).map(namesOf);
    expect(shards.flat().toSorted()).toEqual(namesOf([play([fleet(4000)])]).toSorted());
    for (const own of shards) expect(Math.abs(own.length - 500)).toBeLessThan(100);
  });

  it('keep a host when others come or go', () => {
    const [few, many] = [allShards([play([fleet(50)])], 5), allShards([play([fleet(90)])], 5)];
    for (const [index, shard] of few.entries())
      expect(namesOf(many[index] ?? [])).toEqual(expect.arrayContaining(namesOf(shard)));
    // The numbers are part of what users have in files: they do not change with a release.
    expect(['a', 'b', 'c', 'd'].map((name) => shardNumber(name, 8))).toMatchInlineSnapshot(`
      [
        8,
        2,
        3,
        7,
      ]
    `);
  });

  it('have all names of a hypervisor in one', () => {
    const names = Array.from({ length: 30 }, (_, index) => job(`vm${index}`, 'hv1'));
    expect(allShards([play([names])], 7).filter((shard) => namesOf(shard).length > 0)).toHaveLength(1);
  });

  it('do what one host does for its batch once', () => {
    const plays = [play([fleet(10), fleet(20).slice(10)])];
    const once = allShards(plays, 3).flatMap((shard) =>
      shard.flatMap(({ batches }) =>
        batches.flat().filter(({ tasks }) => tasks.some(({ name }) => name === 'once')),
      ),
    );
    expect(once.map(({ name }) => name).toSorted()).toEqual(['hv0', 'hv10']);
  });

  it('are known by plays and hosts, whatever their order', () => {
    const id = (hosts: readonly HostJob[]) => fleetId([play([hosts])]);
    expect(id(fleet(5).toReversed())).toBe(id(fleet(5)));
    expect(id(fleet(6))).not.toBe(id(fleet(5)));
  });
});

const rule = (name: string, required = false) => ({ name, file: 'f', line: 1, required });
const REF = { name: 'r', file: 'f', line: 1 };
const NONE: RunEvidence = { plays: [], names: [] };

function shard(index: number, given: Partial<RunResult> = {}, more: Partial<ShardRun> = {}): RunResult {
  const places = [10 - index];
  const own: ShardRun = { index, count: 2, fleet: 'x', inventoryHosts: 9, places, evidence: NONE, ...more };
  return runResult([hostResult(`hv${index}`)], { exitCode: 0, shard: own, ...given });
}

const merge = (...results: readonly RunResult[]) =>
  mergeShards(results.map((result, index) => ({ file: `${index}.json`, result })));

describe('shards that are merged', () => {
  it('wait for the confirms of their own runs, the first of which tells until when', () => {
    const until = (time: string) => ({ confirm: { until: `2026-11-27T${time}.000Z` } });
    const merged = merge(shard(1), shard(2, until('12:05:00')));
    expect(merged.confirm).toEqual(until('12:05:00').confirm);
    const both = merge(shard(1, until('12:06:00')), shard(2, until('12:05:00')));
    expect(both.confirm).toEqual(until('12:05:00').confirm);
    expect(confirmText(both)).toMatch(/12:05:00 UTC, the run of each shard\.$/);
    expect(confirmCommand(both)).toBe('virtune confirm RUN');
    expect(merge(shard(1), shard(2)).confirm).toBeUndefined();
  });

  it('tell of a waiver that none of them has used, where all is there and was read', () => {
    const waiver = { owner: 'ops', reason: 'r', until: '2026-12-24', file: 'w.yml', line: 2, count: 0 };
    const waivers = [{ ...waiver, state: 'unknown' as const }];
    const states = (...parts: readonly RunResult[]) => merge(...parts).waivers?.map(({ state }) => state);
    const lost = [hostResult('hv1', { status: 'unreachable', error: 'no route' })];
    expect(states(shard(1, { waivers }), shard(2, { waivers }))).toEqual(['unused']);
    expect(states(shard(1, { waivers }))).toEqual(['unknown']);
    expect(states(shard(1, { waivers, hosts: lost }), shard(2, { waivers }))).toEqual(['unknown']);
    expect(states(shard(1, { waivers }, { limited: true }), shard(2, { waivers }))).toEqual(['unknown']);
    const used = [{ ...waiver, state: 'used' as const, count: 3 }];
    expect(states(shard(1, { waivers }), shard(2, { waivers: used }))).toEqual(['used']);
  });

  it('are one run, in the order of the inventory', () => {
    const late = { startedAt: '2026-01-01T00:01:00.000Z', finishedAt: '2026-01-01T00:02:00.000Z', user: 'b' };
    const {
      hosts,
      startedAt,
      finishedAt,
      user,
      shards,
      shard: none,
      exitCode,
    } = merge(shard(2, late), shard(1));
    expect(hosts.map(({ name }) => name)).toEqual(['hv2', 'hv1']);
    expect([startedAt, finishedAt]).toEqual(['2026-01-01T00:00:00.000Z', late.finishedAt]);
    expect([user, none, exitCode]).toEqual(['ops, b', undefined, 0]);
    expect(shards).toEqual({ count: 2, missing: [] });
  });

  it.each([
    [[0, 2], 2],
    [[2, 4], 4],
    [[4, 3], 3],
    [[3, 5], 5],
    [[5, 1], 1],
    [[1, 130], 130],
  ])('end with the gravest of %j', ([one, two], status) => {
    expect(merge(shard(1, { exitCode: one! }), shard(2, { exitCode: two! })).exitCode).toBe(status);
  });

  it('name those that are missing, and end with 1', () => {
    const merged = merge(shard(2, {}, { count: 4 }), shard(4, {}, { count: 4 }));
    expect([merged.exitCode, merged.shards]).toEqual([1, { count: 4, missing: [1, 3] }]);
  });

  it.each<[string, readonly RunResult[], RegExp]>([
    ['no shard', [shard(1), runResult([])], /^1\.json is the report of a whole run/],
    ['nothing', [], /nothing to merge/],
    ['the same twice', [shard(1), shard(2), shard(1)], /^0\.json and 2\.json are both shard 1 of 2$/],
    ['another mode', [shard(1), shard(2, { mode: 'apply' })], /different modes/],
    ['other playbooks', [shard(1), shard(2, { playbooks: ['x'] })], /different playbooks$/],
    ['another count', [shard(1), shard(2, {}, { count: 3 })], /different numbers of shards$/],
    ['other hosts', [shard(1), shard(2, {}, { fleet: 'y' })], /different inventories, hosts or rules$/],
    [
      'another pipeline',
      [shard(1, {}, { pipeline: 'a' }), shard(2, {}, { pipeline: 'b' })],
      /pipelines of CI$/,
    ],
    ['other options', [shard(1, { strict: true }), shard(2)], /different options/],
    [
      'other waivers',
      [
        shard(1),
        shard(2, {
          waivers: [{ owner: 'o', reason: 'r', until: 'u', file: 'f', line: 1, state: 'unknown', count: 0 }],
        }),
      ],
      /different waivers$/,
    ],
  ])('are refused where there is %s', (_, results, message) => {
    expect(() => merge(...results)).toThrow(message);
  });

  const told = (
    read: number,
    unread: number,
    unmatched: readonly string[],
    required = false,
  ): RunEvidence => ({
    plays: [{ read, unread, unmatched: unmatched.map((name) => rule(name, required)) }],
    names: [],
  });

  it.each<[string, readonly RunEvidence[], readonly string[], boolean]>([
    ['named in no shard', [told(1, 0, ['a', 'b']), told(1, 0, ['b', 'c'])], ['b'], false],
    ['required and named in no shard', [told(1, 0, ['a'], true), told(2, 0, ['a'], true)], ['a'], true],
    ['required, and a host unread', [told(1, 0, ['a'], true), told(1, 1, ['a'], true)], ['a'], false],
    ['of a shard without hosts', [told(0, 0, ['a', 'b']), told(1, 0, ['b'])], ['b'], false],
    ['of hosts that were not read', [told(0, 1, ['a']), told(0, 1, ['a'])], [], false],
  ])('tell of rules what is %s', (_, parts, unmatched, requiredUnmet) => {
    const judged = judge(joinEvidence(parts));
    expect(judged.unmatchedRules.map(({ name }) => name)).toEqual(unmatched);
    expect(judged.requiredUnmet).toBe(requiredUnmet);
    const [one = NONE, two = NONE] = parts;
    const merged = merge(shard(1, {}, { evidence: one }), shard(2, {}, { evidence: two }));
    expect([merged.unmatchedRules.map(({ name }) => name), merged.exitCode]).toEqual([
      unmatched,
      requiredUnmet ? 1 : 0,
    ]);
  });

  const names = (known: readonly string[], missing: readonly string[]): RunEvidence => ({
    plays: [],
    names: [{ rule: REF, known, missing }],
  });

  it.each<[string, RunEvidence, RunEvidence, readonly string[], number]>([
    ['in another shard', names(['a'], ['b']), names(['b'], ['a']), [], 0],
    ['nowhere', names(['a'], ['b']), names([], ['a', 'b']), ['b'], 1],
    ['perhaps on a host that was not read', names(['a', 'b'], []), names([], ['a', 'b']), [], 0],
    ['only asked for in one shard', names([], ['b']), NONE, ['b'], 1],
  ])('tell of a name that is %s', (_, one, two, missing, status) => {
    const merged = merge(shard(1, {}, { evidence: one }), shard(2, {}, { evidence: two }));
    expect([merged.missingDomains.map(({ domain }) => domain), merged.exitCode]).toEqual([missing, status]);
  });

  it('fail for what a run was told to fail for', () => {
    const pending = [hostResult('hv1', { status: 'changed', resources: [nicChange('pending')] })];
    const status = (failOn: readonly string[]) =>
      merge(shard(1, { hosts: pending, failOn }), shard(2, { failOn })).exitCode;
    expect([status(['failed', 'pending']), status(['failed'])]).toEqual([2, 0]);
  });

  it('count what they have once for a hypervisor', () => {
    const own = (index: number) =>
      shard(index, {
        hosts: [hostResult(`hv${index}`, { status: 'changed', resources: [nicChange('pending')] })],
      });
    expect(merge(own(1), own(2)).exitCode).toBe(2);
  });
});
