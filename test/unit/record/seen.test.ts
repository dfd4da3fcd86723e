import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { driftBy } from '../../../src/engine/drift/index.ts';
import type { Change } from '../../../src/model/change.ts';
import type { HostResult, VmEvidence } from '../../../src/model/result.ts';
import { lastSeen } from '../../../src/record/last_seen.ts';
import { seeing } from '../../../src/record/seeing.ts';
import { allSeen, notSeenSince, readySeen, see, seenFolder } from '../../../src/record/seen.ts';
import { type Sight, seenSince, sightOf } from '../../../src/record/sight.ts';
import { hostResult, runResult } from '../reporters/results.ts';
import { change, done, head, recorded, stateDir, UUID } from './build.ts';

/** What runs have seen at last, kept for --baseline history. */

const vm = (uuid: string, id: number | null = 3): VmEvidence => ({ name: `vm-${uuid}`, uuid, id });

const read = (resources: readonly Change[], given: Partial<HostResult> = {}): HostResult =>
  hostResult('hv1', { resources, vms: { complete: true, known: [vm(UUID)] }, ...given });

async function keep(state: string, run: string, ...hosts: readonly HostResult[]): Promise<string> {
  const keeper = seeing(state);
  keeper.runStarted({ id: run });
  for (const one of hosts) keeper.hostDone(one);
  return keeper.end();
}

/** The cause at the only subject of a host. */
async function causeOf(state: string, now: HostResult, until?: string) {
  const { earlier } = await lastSeen(state, until);
  return driftBy(
    earlier(() => true),
    () => ({ id: 'history' }),
  ).explain(now).resources[0]?.cause;
}

const drifted = read([change(50, 100)]);

describe('what runs have seen', () => {
  it('tells the next one why something differs', async () => {
    const state = stateDir();
    expect(await causeOf(state, drifted)).toMatchObject({
      text: 'unknown: the baseline has not read this host',
    });
    expect(await keep(state, 'r1', read([done(change(null, 100))]))).toBe('');
    expect(await causeOf(state, drifted)).toMatchObject({
      kind: 'changedByHand',
      states: ['live', 'config'],
    });
    const text = readFileSync(join(seenFolder(state), readdirSync(seenFolder(state))[0] ?? ''), 'utf8');
    expect(text.length).toBeLessThan(1_000);
  });

  it('explains no report of a time before it', async () => {
    const state = stateDir();
    await keep(state, 'r1', read([done(change(null, 100))]));
    expect((await causeOf(state, drifted, '2020-01-01T00:00:00.000Z'))?.kind).toBe('unknown');
    expect((await causeOf(state, drifted, '2999-01-01T00:00:00.000Z'))?.kind).toBe('changedByHand');
  });

  it('is told of each subject by the evidence of the look that has seen it', async () => {
    const state = stateDir();
    const other = change(null, 7, {
      module: 'disk_limits',
      subject: { kind: 'disk', key: 'vda', label: 'vda' },
    });
    const started = { vms: { complete: true, known: [vm(UUID, 4)] } };
    await keep(state, 'r1', read([done(change(null, 100))]));
    // Its VM was started anew since; a run of another playbook has seen that start.
    await keep(state, 'r2', read([done(other)], started));
    const lost: Change = change(50, 100, {
      settings: [{ name: 'inbound.average', unit: 'kB/s', desired: { live: 100 }, live: 50, config: 50 }],
    });
    const found = await causeOf(state, read([lost], started));
    expect(found).toMatchObject({ kind: 'restarted', detail: 'domain id 3 then, 4 now' });
  });

  it('is not believed of what a run without an end has written since, unless it has read it back', async () => {
    for (const [cut, kind] of [
      ['before the result', 'unknown'],
      ['before the end', 'declaredAnew'],
    ] as const) {
      const state = stateDir();
      await keep(state, 'r1', read([done(change(null, 100))]));
      const later = Math.ceil(Date.now() / 1000) - Date.UTC(2026, 10, 26) / 1000 + 60;
      const run = await recorded(state, head(later), [change(100, 50)], cut);
      const cause = await causeOf(state, drifted);
      expect(cause?.kind).toBe(kind);
      if (kind === 'unknown')
        expect(cause?.text).toBe(`unknown: the run ${run}, which has no end, may have written to it`);
    }
  });

  it('says nothing of what a run may have written and has not read back', async () => {
    const state = stateDir();
    await keep(state, 'r1', read([change(null, 100, { status: 'unreachable' })]));
    expect((await causeOf(state, drifted))?.text).toBe(
      'unknown: the run r1 may have written to it, and did not read it back',
    );
  });

  it('knows rules that named nothing from new ones', async () => {
    const state = stateDir();
    const run = await recorded(state, head(1), []);
    await keep(state, run, read([]));
    expect((await causeOf(state, drifted))?.kind).toBe('declaredAnew');
    const told = stateDir();
    const { openRecord } = await import('../../../src/record/recorder.ts');
    const record = await openRecord(told, head(2));
    const unmatched = [{ name: 'web tier', file: 'rules.yml' }];
    await record.end({ exitCode: 0, hosts: {}, subjects: {}, unmatched });
    await record.close();
    await keep(told, head(2).run, read([]));
    expect((await causeOf(told, drifted))?.kind).toBe('unknown');
  });

  it('does not hold where it cannot be kept, which is told', async () => {
    const state = stateDir();
    await keep(state, 'r1', read([done(change(null, 100))]));
    const [name = ''] = readdirSync(seenFolder(state));
    // What is to become the file cannot be written.
    mkdirSync(join(seenFolder(state), `${name}.${process.pid}-${hostname()}`));
    expect(await keep(state, 'r2', read([done(change(100, 50))]))).toMatch(
      /^what this run has seen of hv1 could not be kept for --baseline history: EISDIR/,
    );
    expect((await causeOf(state, drifted))?.kind).toBe('unknown');
  });

  it('passes over what is none of its files, and what another version has written', async () => {
    const state = stateDir();
    await readySeen(state);
    for (const [name, text] of [
      ['torn.json', '{"form":"virtune.seen/1","sights":['],
      ['later.json', '{"form":"virtune.seen/9"}'],
      ['x.json.17', 'x'],
    ] as const)
      writeFileSync(join(seenFolder(state), name), text);
    expect((await lastSeen(state)).count).toBe(0);
    await keep(state, 'r1', read([done(change(null, 100))]));
    expect((await lastSeen(state)).count).toBe(1);
    expect(await notSeenSince(state, new Date('2020-01-01'))).toEqual([]);
    expect(await notSeenSince(state, new Date('2999-01-01'))).toHaveLength(1);
  });

  it('says where VMs were of hosts that are not asked for, and nothing else of them', async () => {
    const state = stateDir();
    await keep(
      state,
      'r1',
      read([done(change(null, 100))]),
      hostResult('hv2', { vms: { complete: true, known: [] } }),
    );
    const { earlier } = await lastSeen(state);
    const drift = driftBy(
      earlier((host) => host === 'hv2'),
      () => ({ id: 'history' }),
    );
    const moved = hostResult('hv2', {
      resources: [change(50, 100)],
      vms: { complete: true, known: [vm(UUID)] },
    });
    expect(drift.explain(moved).resources[0]?.cause).toMatchObject({ kind: 'moved', detail: 'from hv1' });
    // It is not there any more, and that is no news of hv2.
    expect(
      drift.explained(runResult([hostResult('hv2', { vms: { complete: true, known: [] } })])).gone,
    ).toBeUndefined();
  });

  it('of one hypervisor by two names at once is all kept', async () => {
    const state = stateDir();
    const second = change(null, 5, { subject: { kind: 'nic', key: '52:54:00:00:00:02', label: 'nic 2' } });
    await keep(state, 'r1', read([done(change(null, 100))]), read([done(second)], { name: 'alias' }));
    for await (const { seen } of allSeen(state)) expect(seen.sights).toHaveLength(2);
  });
});

describe('looks, one after the other', () => {
  const look = fc.record({
    complete: fc.boolean(),
    vms: fc.uniqueArray(fc.integer({ min: 0, max: 3 }), { minLength: 0, maxLength: 4 }),
    module: fc.constantFrom('a', 'b', 'c'),
    keys: fc.uniqueArray(fc.integer({ min: 0, max: 2 }), { maxLength: 3 }),
    value: fc.nat(),
  });

  it('leave of each subject what the last of them has seen, with the VMs of then', () => {
    fc.assert(
      fc.property(fc.array(look, { maxLength: 7 }), (looks) => {
        let sights: readonly Sight[] = [];
        const wanted = new Map<string, string>();
        for (const [at, { complete, vms, module, keys, value }] of looks.entries()) {
          const known = vms.map((one) => vm(String(one), at));
          const resources = known.flatMap(({ uuid, name }) =>
            keys.map((key) =>
              change(value, value, {
                module,
                domain: { uuid, name, state: 'running', persistent: true },
                subject: { kind: 'x', key: String(key), label: '' },
                steps: [],
                status: 'inSync',
              }),
            ),
          );
          const sight = sightOf(read(resources, { vms: { complete, known } }), `r${at}`, String(at));
          if (sight === null) throw new Error('it was read');
          sights = seenSince(sights, sight);
          if (complete)
            for (const id of [...wanted.keys()]) if (!vms.includes(Number(id[0]))) wanted.delete(id);
          for (const one of resources)
            wanted.set(`${one.domain.uuid} ${module} ${one.subject.key}`, `${value} ${at}`);
        }
        const found = sights.flatMap(({ subjects, vms, kinds }) =>
          subjects.map(({ vm: place, key, as }): [string, string] => [
            `${vms[place]?.uuid} ${kinds[as]?.module} ${key}`,
            `${kinds[as]?.settings[0]?.live} ${vms[place]?.id}`,
          ]),
        );
        expect(new Map(found)).toEqual(wanted);
        expect(found).toHaveLength(wanted.size);
      }),
    );
  });

  it('are no more than some for a hypervisor', () => {
    let sights: readonly Sight[] = [];
    for (let at = 0; at < 20; at++) {
      const one = change(1, 1, { subject: { kind: 'x', key: String(at), label: '' } });
      const sight = sightOf(read([one]), 'r', String(at));
      if (sight !== null) sights = seenSince(sights, sight);
    }
    expect(sights.map(({ at }) => Number(at))).toEqual([12, 13, 14, 15, 16, 17, 18, 19]);
  });

  it('of some VMs leave the others where they were', () => {
    const whole = sightOf(
      read([], { vms: { complete: true, known: [vm('1'), vm('2')] } }),
      'r',
      '1',
    ) as Sight;
    const part = sightOf(read([], { vms: { complete: false, known: [vm('3')] } }), 'r', '2') as Sight;
    const [last] = seenSince([whole], part);
    expect([last?.complete, last?.vms.map(({ uuid }) => uuid)]).toEqual([true, ['3', '1', '2']]);
  });
});

it('a folder that holds hostile names has no files outside', async () => {
  const state = stateDir();
  await readySeen(state);
  const sight = sightOf(read([]), 'r', '1') as Sight;
  await see(state, '../../../etc/passwd\0\n', sight);
  expect(readdirSync(seenFolder(state))).toEqual([expect.stringMatching(/^[0-9a-f]{32}\.json$/)]);
});
