import { describe, expect, it } from 'vitest';
import { driftFrom, explainBy } from '../../../src/engine/drift/index.ts';
import { CAUSES, type Cause } from '../../../src/model/cause.ts';
import type { Change, Setting, Value } from '../../../src/model/change.ts';
import type { HostResult, RunResult, VmsRead } from '../../../src/model/result.ts';
import type { SubjectStatus } from '../../../src/model/status.ts';
import { hostOf, sightOf } from '../../../src/record/sight.ts';
import { causeText } from '../../../src/report/causes.ts';
import { findingsOf } from '../../../src/reporters/findings.ts';
import { REPORTERS } from '../../../src/reporters/index.ts';
import { jsonReport } from '../../../src/reporters/json.ts';
import { reportReader } from '../../../src/reporters/read/json.ts';
import { CONTEXT, hostResult, nicChange, runResult, TELLING } from '../reporters/results.ts';

interface Given {
  readonly want?: number;
  readonly live?: Value;
  readonly config?: Value;
  readonly status?: SubjectStatus;
  readonly rule?: string;
  readonly more?: Partial<Change>;
}

/** A NIC of which an average is declared. */
function nic({ want = 100, live, config, status, rule = 'web', more = {} }: Given): Change {
  const settings: readonly Setting[] = ['average', 'peak', 'burst', 'floor'].map((field) => ({
    name: `inbound.${field}`,
    unit: 'kB/s',
    desired: field === 'average' ? { live: want, config: want } : {},
    ...(live === undefined ? {} : { live: field === 'average' ? live : null }),
    ...(config === undefined ? {} : { config: field === 'average' ? config : null }),
  }));
  const right = [live, config].every((has) => has === undefined || has === want);
  return nicChange(status ?? (right ? 'inSync' : 'pending'), {
    settings,
    rules: [{ name: rule, file: 'rules.yml', line: 4 }],
    ...more,
  });
}

const UUID = nicChange('inSync').domain.uuid;

/** Its VM: the id of its start, and when its descriptions were made. */
interface Vm {
  readonly id?: number | null;
  readonly made?: string | null;
  readonly madeLive?: string | null;
}

function vms({ id, made, madeLive = made }: Vm, complete = true): VmsRead {
  const created =
    made == null && madeLive == null ? {} : { created: { live: madeLive ?? null, config: made ?? null } };
  return {
    complete,
    known: [{ name: 'web-01', uuid: UUID, ...(id === undefined ? {} : { id }), ...created }],
  };
}

const NONE: VmsRead = { complete: true, known: [] };

const host = (name: string, change: Change | null, given: Partial<HostResult> = {}): HostResult =>
  hostResult(name, { resources: change === null ? [] : [change], ...given });

/** As from a file: what a report does not hold is not there. */
function stored(result: RunResult): RunResult {
  const reader = reportReader('r');
  for (const piece of jsonReport(result)) reader.add(Buffer.from(piece));
  return reader.end();
}

/** By a report, and by what the record keeps of the same hosts, which tells the same of hosts that were read. */
function explained(then: readonly HostResult[], now: HostResult): HostResult {
  const told = driftFrom(stored(runResult(then))).explain(now);
  if (then.every(({ vms: read }) => read !== undefined)) {
    const hosts = then.map((one) => {
      const sight = sightOf(one, 'r', 't');
      if (sight === null) throw new Error('it was not read');
      return hostOf(one.hypervisor, JSON.parse(JSON.stringify(sight)));
    });
    expect(explainBy({ hosts, unmatchedRules: [] })(now)).toEqual(told);
  }
  return told;
}

const ONE: readonly [Vm, Vm] = [{ id: 7 }, { id: 7 }];

const causeOf = (then: Given, now: Given, [vmThen, vmNow]: readonly [Vm, Vm] = ONE) =>
  explained([host('hv1', nic(then), { vms: vms(vmThen) })], host('hv1', nic(now), { vms: vms(vmNow) }))
    .resources[0]?.cause;

const said = (cause: Cause | undefined) => cause && `${cause.kind}: ${causeText(cause)}`;

const was = { live: 100, config: 100 };
const off = { config: 100 };
const applied = (live: number, config: number) => ({
  status: 'changed' as const,
  more: { after: { live: { 'inbound.average': live }, config: { 'inbound.average': config } } },
});

const RULE = 'rule "web" (rules.yml:4)';
const byHand = (states: string) => `changedByHand: changed by hand: ${states}`;
const differs = { live: 50, config: 50 };

describe('why something differs', () => {
  it.each<[string, Given, Given, string]>([
    ['the rule has another value', was, { want: 200, ...was }, `declaredAnew: declared anew: ${RULE}`],
    [
      'the rule stands on another line',
      was,
      { want: 200, ...was, more: { rules: [{ name: 'web', file: 'rules.yml', line: 9 }] } },
      'declaredAnew: declared anew: rule "web" (rules.yml:9, then line 4)',
    ],
    [
      'another rule decides',
      was,
      { want: 200, rule: 'db', ...was },
      `declaredAnew: declared anew: rule "db" (rules.yml:4); then ${RULE}`,
    ],
    ['the running VM was set', was, { live: 50, config: 100 }, byHand('live')],
    ['the configuration was set', was, { live: 100, config: 50 }, byHand('persistent')],
    ['both were set', was, differs, byHand('live and persistent')],
    [
      'it was set, and the rule is another',
      was,
      { want: 200, live: 50, config: 100 },
      `${byHand('live')}, and declared anew: ${RULE}`,
    ],
    [
      'the running VM has what its configuration had, by a hand or by a start of all of the host',
      { live: 100, config: 70, status: 'unsupported' },
      { live: 70, config: 70 },
      'unknown: unknown: changed by hand (live), or lost by a restart together with its host: domain id 7 then and now',
    ],
    [
      'nothing has changed since',
      { live: 50, config: 100 },
      { live: 50, config: 100 },
      'stillDiffers: it differed in the baseline already',
    ],
    [
      'what the earlier run has set is gone',
      { ...differs, ...applied(100, 100) },
      differs,
      byHand('live and persistent'),
    ],
    [
      'what the earlier run has set is there, and the rule is another',
      { ...differs, ...applied(100, 100) },
      { want: 200, ...was },
      `declaredAnew: declared anew: ${RULE}`,
    ],
    [
      'another run has set what was declared, and the rule is another since',
      differs,
      { want: 200, ...was },
      `declaredAnew: declared anew: ${RULE}`,
    ],
  ])('%s', (_, then, now, cause) => {
    expect(said(causeOf(then, now))).toBe(cause);
  });

  const T1 = '2026-01-31 12:00:00';
  const T2 = '2026-02-01 03:00:00';
  const lost = 'restarted: lost by a restart of its VM: domain id 7 then, 9 now';
  const anew = `rebuilt: the XML of its VM was made anew: created ${T1} then, ${T2} now`;
  it.each<[string, Given, Given, readonly [Vm, Vm], string]>([
    [
      'a live-only limit after a restart',
      { live: 100, config: 70 },
      { live: 70, config: 70 },
      [{ id: 7 }, { id: 9 }],
      lost,
    ],
    [
      'a restart, and a hand at the running VM',
      was,
      { live: 50, config: 100 },
      [{ id: 7 }, { id: 9 }],
      byHand('live'),
    ],
    [
      'a hand at the configuration, and a restart that took it',
      was,
      differs,
      [{ id: 7 }, { id: 9 }],
      `${byHand('persistent')}, and lost by a restart of its VM: domain id 7 then, 9 now`,
    ],
    [
      'a restart, then a hand at the configuration',
      { live: 100, config: 70 },
      { live: 70, config: 60 },
      [{ id: 7 }, { id: 9 }],
      `${byHand('persistent')}, and lost by a restart of its VM: domain id 7 then, 9 now`,
    ],
    [
      'a hard reboot of Nova',
      was,
      differs,
      [
        { id: 7, made: T1 },
        { id: 9, made: T2 },
      ],
      anew,
    ],
    [
      'a restart without another time',
      was,
      differs,
      [
        { id: 7, made: T1 },
        { id: 9, made: T1 },
      ],
      `${byHand('persistent')}, and lost by a restart of its VM: domain id 7 then, 9 now`,
    ],
    [
      'the configuration made anew under a running VM',
      was,
      { live: 100, config: 50 },
      [
        { id: 7, made: T1 },
        { id: 7, made: T2, madeLive: T1 },
      ],
      anew,
    ],
    [
      'another time in both, and no other start: Nova attached a NIC, or the host was started',
      was,
      differs,
      [
        { id: 7, made: T1 },
        { id: 7, made: T2 },
      ],
      `unknown: unknown: changed by hand (live and persistent), or its XML was made anew: created ${T1} then, ${T2} now`,
    ],
    [
      'a baseline that has no times, and a VM of Nova',
      was,
      { live: 100, config: 50 },
      [{}, { id: 7, made: T2 }],
      'unknown: unknown: changed by hand (persistent), or its XML was made anew; the baseline does not tell which',
    ],
    [
      'a baseline that has no times, and a VM without',
      was,
      { live: 100, config: 50 },
      [{}, { id: 7 }],
      byHand('persistent'),
    ],
    [
      'a baseline without ids',
      { live: 100, config: 70 },
      { live: 70, config: 70 },
      [{}, { id: 9 }],
      'unknown: unknown: changed by hand (live) or lost by a restart; the baseline does not tell which',
    ],
    [
      'a VM that was off',
      { config: 70 },
      { live: 70, config: 70 },
      [{ id: null }, { id: 9 }],
      'started: its VM did not run then, and was started with its configuration',
    ],
    [
      'a VM that was saved, and may have been restored so',
      { config: 100, more: { domain: { ...nicChange('inSync').domain, managedSave: true } } },
      { live: 50, config: 100 },
      [{ id: null }, { id: 9 }],
      'unknown: unknown: changed by hand (live), or restored so from its saved image',
    ],
    [
      'a VM that was off, started and set',
      off,
      { live: 50, config: 100 },
      [{ id: null }, { id: 9 }],
      byHand('live'),
    ],
    [
      'a transient VM that was made again',
      { live: 100 },
      { live: 50 },
      [{ id: 7 }, { id: 9 }],
      'restarted: lost by a restart of its VM: domain id 7 then, 9 now',
    ],
  ])('tells %s', (_, then, now, evidence, cause) => {
    expect(said(causeOf(then, now, evidence))).toBe(cause);
  });

  it('is told of nothing that another run has on trial, and not as set by hand once that is given back', () => {
    const more = { onTrial: { run: 'X', until: '2026-11-27T12:00:00.000Z' } };
    const trial: Given = { live: 100, config: 50, status: 'refused', more };
    expect(causeOf({ live: 50, config: 50 }, trial)).toBeUndefined();
    expect(said(causeOf(trial, { live: 50, config: 50 }))).toBe(
      'unknown: unknown: the run X had it on trial, and no confirm is known: its host gives back what was before',
    );
  });

  it('is told of nothing that is as declared', () => {
    expect(causeOf(differs, was)).toBeUndefined();
  });

  it('tells what the baseline said of a difference that is still there', () => {
    const cause: Cause = { kind: 'changedByHand', states: ['live'], text: 'changed by hand: live' };
    const now = { live: 50, config: 100 };
    const first = said(causeOf({ ...now, more: { cause } }, now));
    expect(first).toBe(
      'stillDiffers: it differed in the baseline already, which said: changed by hand: live',
    );
    const then = causeOf({ ...now, more: { cause } }, now) as Cause;
    expect(said(causeOf({ ...now, more: { cause: then } }, now))).toBe(first);
  });

  const kindOn = (then: readonly HostResult[], now: HostResult) => explained(then, now).resources[0]?.cause;
  const now = host('hv1', nic(differs), { vms: vms({ id: 3 }) });
  const elsewhere = host('hv2', nic(was), { vms: vms({ id: 7 }) });

  it('tells VMs that are new, and those of hosts that were not read whole', () => {
    const empty = host('hv1', null, { vms: NONE });
    expect(said(kindOn([empty], now))).toBe('newVm: a new VM: no host of the baseline had it');
    const lost = host('hv9', null, { status: 'unreachable', error: 'no route' });
    expect(said(kindOn([empty, lost], now))).toMatch(
      /^unknown: unknown: a new VM, or one that was moved here/,
    );
    expect(said(kindOn([host('hv1', null)], now))).toMatch(
      /^unknown: unknown: the baseline does not tell whether/,
    );
    const part = host('hv1', null, { vms: { complete: false, known: [] } });
    expect(said(kindOn([part], now))).toMatch(/^unknown: unknown: the baseline does not tell whether/);
    expect(said(kindOn([lost], now))).toBe('unknown: unknown: the baseline has not read this host');
  });

  it('tells a move, and what has nothing to do with one', () => {
    const empty = host('hv1', null, { vms: NONE });
    expect(said(kindOn([elsewhere, empty], now))).toBe(
      'moved: its VM was moved here from another host: from hv2',
    );
    const unlisted = host('hv2', null, { vms: vms({ id: 7 }) });
    expect(kindOn([unlisted, empty], now)?.kind).toBe('moved');
    const kept = host('hv1', nic({ want: 200, ...was }), { vms: vms({ id: 3 }) });
    expect(kindOn([elsewhere, empty], kept)?.kind).toBe('declaredAnew');
  });

  it('tells another name of the same hypervisor from a move', () => {
    const then = host('old-name', nic(was), { hypervisor: 'h', vms: vms({ id: 3 }) });
    const same = { hypervisor: 'h', vms: vms({ id: 3 }) };
    expect(kindOn([then], host('hv1', nic(differs), same))?.kind).toBe('changedByHand');
  });

  it('tells what is new in a VM where the baseline lists everything', () => {
    const second = (status: SubjectStatus) =>
      host('hv1', nic({ ...was, status, more: { subject: { ...nic(was).subject, key: 'second' } } }), {
        vms: vms({ id: 3 }),
      });
    expect(kindOn([second('unmanaged')], now)?.kind).toBe('newPart');
    expect(said(kindOn([second('inSync')], now))).toBe(
      'unknown: unknown: new in its VM, or named by no rule in the baseline',
    );
    const fresh = host('hv1', nic({ ...differs, rule: 'db' }), { vms: vms({ id: 3 }) });
    expect(said(kindOn([second('inSync')], fresh))).toBe(
      'declaredAnew: declared anew: rule "db" (rules.yml:4)',
    );
  });
});

describe('VMs that are gone', () => {
  const then = [host('hv1', nic(was), { vms: vms({ id: 7 }) }), host('hv2', null, { vms: NONE })];
  const goneIn = (hosts: readonly HostResult[]) =>
    driftFrom(stored(runResult(then)))
      .explained(runResult(hosts))
      .gone?.map(({ kind, host, name, rule }) => [kind, host, name, rule?.line]);
  const empty = (name: string) => host(name, null, { vms: NONE });

  it('are told, with the rule that named them', () => {
    expect(goneIn([empty('hv1'), empty('hv2')])).toEqual([['gone', 'hv1', 'web-01', 4]]);
  });

  it('are told from those that another host has, and from those that one may have', () => {
    const moved = host('hv2', nic(was), { vms: vms({ id: 1 }) });
    expect(goneIn([empty('hv1'), moved])).toEqual([['moved', 'hv1', 'web-01', 4]]);
    const lost = host('hv2', null, { status: 'unreachable', error: 'x' });
    expect(goneIn([empty('hv1'), lost])).toEqual([['unknown', 'hv1', 'web-01', 4]]);
  });

  it('are not told of a host that was not read whole, nor where no rule names them any more', () => {
    expect(goneIn([host('hv1', null, { status: 'unreachable', error: 'x' })])).toBeUndefined();
    expect(goneIn([host('hv1', null, { vms: { complete: false, known: [] } })])).toBeUndefined();
    expect(goneIn([empty('hv2')])).toBeUndefined();
    expect(goneIn([host('hv1', null, { vms: vms({ id: 7 }) }), empty('hv2')])).toBeUndefined();
  });
});

describe('a comparison', () => {
  const then = runResult([host('hv1', nic(was), { vms: vms({ id: 7 }) })], { playbooks: ['a.yml'] });
  const result = driftFrom(stored(then)).explained(
    runResult([host('hv1', nic(differs), { vms: vms({ id: 7 }) })], { playbooks: ['b.yml'] }),
  );

  it('is part of what findings say, and of the report', () => {
    expect(findingsOf(result)[0]?.message).toMatch(/ \(changed by hand: live and persistent\)$/);
    expect(stored(result)).toMatchObject({
      baseline: result.baseline,
      hosts: [{ vms: vms({ id: 7 }), resources: [{ cause: result.hosts[0]?.resources[0]?.cause }] }],
    });
  });

  const gone = {
    kind: 'gone' as const,
    host: 'hv1',
    name: 'db',
    uuid: 'u',
    text: 'the VM "db" of hv1 is gone',
  };
  const inFormat = (format: string) =>
    [...(REPORTERS[format]?.write({ ...result, gone: [gone] }, CONTEXT) ?? [])].join('');

  it.each(TELLING)('is told in %s, with what is gone', (format) => {
    expect(inFormat(format)).toContain('changed by hand: live and persistent');
    expect(inFormat(format)).toMatch(/the VM (\\?"|""|&quot;)db(\\?"|""|&quot;) of hv1 is gone/);
  });

  it('is told to programs by words that stay', () => {
    const [drift] = JSON.parse(inFormat('sarif')).runs[0].results;
    expect(drift.properties).toEqual({
      cause: 'changedByHand',
      alsoCauses: [],
      changedByHandIn: ['live', 'config'],
    });
    const metrics = inFormat('prometheus');
    expect(metrics).toContain('virtune_differences{kind="nic",cause="changedByHand"} 1\n');
    expect(metrics).toContain('virtune_gone_vms 1\n');
    expect(metrics.match(/virtune_differences\{/g)).toHaveLength(CAUSES.length);
  });

  it('of other playbooks is noted', () => {
    expect(result.baseline).toEqual({
      id: then.id,
      note: 'the baseline is of other playbooks: a.yml; this run is of b.yml',
    });
    expect(findingsOf(result).at(-1)).toMatchObject({ code: 'note', outcome: 'passed', weight: 'info' });
  });

  it('has the VMs of a hypervisor once for all its names', () => {
    const two = ['x', 'y'].map((name) => host(name, nic(differs), { hypervisor: 'h', vms: vms({ id: 9 }) }));
    const report = stored(runResult(two));
    expect(report.hosts.map((one) => one.vms !== undefined)).toEqual([true, false]);
    const before = runResult([
      host('x', nic({ live: 100, config: 50 }), { hypervisor: 'h', vms: vms({ id: 7 }) }),
    ]);
    const later = driftFrom(stored(before)).explained(report);
    expect(later.hosts.map(({ resources }) => resources[0]?.cause?.kind)).toEqual(['restarted', 'restarted']);
  });
});
