import { describe, expect, it } from 'vitest';
import { driftFrom } from '../../../src/engine/drift.ts';
import type { Change, Setting, Value } from '../../../src/model/change.ts';
import type { HostResult, RunResult } from '../../../src/model/result.ts';
import type { SubjectStatus } from '../../../src/model/status.ts';
import { findingsOf } from '../../../src/reporters/findings.ts';
import { jsonReport } from '../../../src/reporters/json.ts';
import { readJsonReport } from '../../../src/reporters/read/json.ts';
import { hostResult, nicChange, runResult } from '../reporters/results.ts';

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

const host = (name: string, change: Change | null, given: Partial<HostResult> = {}): HostResult =>
  hostResult(name, { resources: change === null ? [] : [change], ...given });

/** As from a file: what a report does not hold is not there. */
const stored = (result: RunResult): RunResult => readJsonReport([...jsonReport(result)].join(''), 'r');

const explained = (then: readonly HostResult[], now: HostResult): HostResult =>
  driftFrom(stored(runResult(then))).explain(now);

const causeOf = (then: Given | null, now: Given) =>
  explained([host('hv1', then && nic(then))], host('hv1', nic(now))).resources[0]?.cause;

const was = { live: 100, config: 100 };
const off = { config: 100 };
const applied = (live: number, config: number) => ({
  status: 'changed' as const,
  more: { after: { live: { 'inbound.average': live }, config: { 'inbound.average': config } } },
});

describe('why something differs', () => {
  it.each<[string, Given, Given, string]>([
    [
      'the rule has another value',
      was,
      { want: 200, live: 100, config: 100 },
      'declaredAnew declared anew: rule "web" (rules.yml:4)',
    ],
    [
      'another rule decides',
      was,
      { want: 200, rule: 'db', ...was },
      'declaredAnew declared anew: rule "db" (rules.yml:4)',
    ],
    ['the running VM was set', was, { live: 50, config: 100 }, 'changedByHand changed by hand: live'],
    [
      'the configuration was set',
      was,
      { live: 100, config: 50 },
      'changedByHand changed by hand: persistent',
    ],
    ['both were set', was, { live: 50, config: 50 }, 'changedByHand changed by hand: live and persistent'],
    [
      'both, and the rule too',
      was,
      { want: 200, live: 50, config: 100 },
      'changedByHand changed by hand: live, and declared anew: rule "web" (rules.yml:4)',
    ],
    [
      'the running VM has what its configuration had then',
      { live: 100, config: 70, status: 'unsupported' },
      { live: 70, config: 70 },
      'restartedOrChangedByHand restarted, or changed by hand: live',
    ],
    [
      'it was off',
      off,
      { live: 50, config: 100 },
      'started started since the baseline, or its configuration is new',
    ],
    [
      'nothing has changed since',
      { live: 50, config: 100 },
      { live: 50, config: 100 },
      'stillDiffers it differed in the baseline already',
    ],
    [
      'what the earlier run has set is gone',
      { live: 50, config: 50, ...applied(100, 100) },
      { live: 50, config: 50 },
      'changedByHand changed by hand: live and persistent',
    ],
    [
      'what the earlier run has set is there, and the rule is another',
      { live: 50, config: 50, ...applied(100, 100) },
      { want: 200, ...was },
      'declaredAnew declared anew: rule "web" (rules.yml:4)',
    ],
  ])('%s', (_, then, now, cause) => {
    const found = causeOf(then, now);
    expect(`${found?.kind} ${found?.text}`).toBe(cause);
  });

  it('is told of nothing that is as declared', () => {
    expect(causeOf({ live: 50, config: 50 }, was)).toBeUndefined();
  });

  const kindOn = (then: readonly HostResult[], now: HostResult) => explained(then, now).resources[0]?.cause;
  const differs = { live: 50, config: 50 };

  it('tells VMs that are new, that moved, and hosts that were not read', () => {
    const other = nic({ ...was, more: { domain: { ...nic(was).domain, uuid: 'other', name: 'db' } } });
    expect(kindOn([host('hv1', other)], host('hv1', nic(differs)))?.kind).toBe('newVm');
    expect(kindOn([host('hv1', null)], host('hv1', nic(differs)))?.kind).toBe('declaredAnew');
    expect(kindOn([host('hv2', nic(was)), host('hv1', null)], host('hv1', nic(differs)))).toEqual({
      kind: 'moved',
      text: 'moved here from hv2',
    });
    expect(kindOn([], host('hv1', nic(differs)))?.kind).toBe('unknown');
    const lost = host('hv1', null, { status: 'unreachable', error: 'no route' });
    expect(kindOn([lost], host('hv1', nic(differs)))?.kind).toBe('unknown');
  });

  it('tells another name of the same hypervisor from a move', () => {
    const then = host('old-name', nic(was), { hypervisor: 'h' });
    expect(kindOn([then], host('hv1', nic(differs), { hypervisor: 'h' }))?.kind).toBe('changedByHand');
  });

  it('tells what is new in a VM', () => {
    const second = nic({ ...was, more: { subject: { ...nic(was).subject, key: 'second' } } });
    expect(kindOn([host('hv1', second)], host('hv1', nic(differs)))?.kind).toBe('newPart');
  });

  it('notes VMs that are gone, and not those of hosts that were not read', () => {
    const { withGone } = driftFrom(stored(runResult([host('hv1', nic(was)), host('hv2', null)])));
    expect(withGone([host('hv1', null), host('hv2', null)]).map(({ notes }) => notes)).toEqual([
      ['web-01 is gone since the baseline, or no rule names it any more'],
      undefined,
    ]);
    const lost = host('hv1', null, { status: 'unreachable', error: 'x' });
    expect(withGone([lost])).toEqual([lost]);
    expect(withGone([host('hv1', null), host('hv2', nic(was))]).map(({ notes }) => notes)).toEqual([
      undefined,
      undefined,
    ]);
  });

  it('is part of what findings say, and of the report', () => {
    const result = runResult([explained([host('hv1', nic(was))], host('hv1', nic(differs)))]);
    expect(findingsOf(result)[0]?.message).toMatch(/ \(changed by hand: live and persistent\)$/);
    expect(stored(result).hosts[0]?.resources[0]?.cause).toEqual(result.hosts[0]?.resources[0]?.cause);
  });
});
