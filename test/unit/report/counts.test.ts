import { describe, expect, it } from 'vitest';
import type { Change } from '../../../src/model/change.ts';
import type { HostResult, RunResult } from '../../../src/model/result.ts';
import type { SubjectStatus } from '../../../src/model/status.ts';
import { closingLines, hostLines } from '../../../src/report/text.ts';

const OPTIONS = { check: true, diff: false, verbose: false, paint: (_: unknown, text: string) => text };

function change(status: SubjectStatus, index: number, kind = 'nic'): Change {
  return {
    module: kind === 'nic' ? 'nic_limits' : 'disk_limits',
    play: 'p',
    task: 't',
    host: 'hv1',
    domain: { name: `vm-${index}`, uuid: `u${index}`, state: 'running', persistent: true },
    subject: { kind, key: `${kind}${index}`, label: `${kind} 1` },
    status,
    rules: [],
    settings: [],
    steps: [],
    after: null,
  };
}

function host(statuses: readonly SubjectStatus[], totals: Record<string, number>): HostResult {
  const status = statuses.includes('pending') || statuses.includes('changed') ? 'changed' : 'ok';
  const resources = statuses.map((one, index) => change(one, index));
  return { name: 'hv1', address: 'a', hypervisor: 'h', status, durationMs: 0, resources, totals };
}

function run(hosts: readonly HostResult[]): RunResult {
  const texts = { id: '', startedAt: '', finishedAt: '', user: '', command: '' };
  const lists = { playbooks: [], inventory: [], unmatchedRules: [], missingDomains: [], warnings: [] };
  return { ...texts, ...lists, mode: 'check', exitCode: 0, hosts };
}

const first = (one: HostResult) => hostLines(one, OPTIONS)[0];

describe('the counts of a host', () => {
  it('say what is to do first, then what is right, and what no rule names last', () => {
    const mixed = host(['inSync', 'unsupported', 'pending', 'inSync', 'pending'], { nic: 25 });
    expect(first(mixed)).toBe(
      'hv1: would change (2 NICs to change, 2 in sync, 1 unsupported, 20 not managed)',
    );
    expect(first(host(['inSync'], { nic: 1 }))).toBe('hv1: ok (1 NIC in sync)');
  });

  it('name each kind, and one of which there is nothing', () => {
    expect(first(host([], { nic: 0, disk: 3 }))).toBe('hv1: ok (no NICs; 3 disks not managed)');
    expect(first(host([], {}))).toBe('hv1: ok');
  });
});

describe('what is ignored', () => {
  const ignored = (status: SubjectStatus, index: number): Change => ({
    ...change(status, index),
    ignored: true,
  });
  const mixed = { ...host(['failed', 'inSync'], { nic: 4 }), status: 'failed' } as const;
  const one: HostResult = {
    ...mixed,
    resources: [...mixed.resources, ignored('failed', 7), ignored('busy', 8)],
  };

  it('is said where it is counted, of a host and of all', () => {
    expect(first(one)).toBe('hv1: failed (1 NIC in sync, 1 busy (ignored), 2 failed (1 ignored))');
    const lost: HostResult = {
      ...host([], {}),
      name: 'hv2',
      hypervisor: 'i',
      status: 'unreachable',
      ignored: true,
    };
    expect(first(lost)).toBe('hv2: unreachable (ignored)');
    const lines = closingLines(run([one, lost]), OPTIONS);
    expect(lines).toContain('hosts: 2 in all: 1 failed, 1 unreachable (ignored)');
    expect(lines).toContain('NICs:  4 in all: 1 in sync, 1 busy (ignored), 2 failed (1 ignored)');
  });

  it('is counted once under two names of a hypervisor', () => {
    const both = [one, { ...one, name: 'alias' }];
    expect(closingLines(run(both), OPTIONS)).toContain(
      'NICs:  4 in all: 1 in sync, 1 busy (ignored), 2 failed (1 ignored)',
    );
  });
});

describe('the totals', () => {
  it('are in the same words and order', () => {
    const lines = closingLines(run([host(['inSync', 'pending'], { nic: 4 })]), OPTIONS);
    expect(lines).toContain('hosts: 1 in all: 1 would change');
    expect(lines).toContain('NICs:  4 in all: 1 to change, 1 in sync, 2 not managed');
  });

  it('of what only looks say how many there are', () => {
    const looked = host(['unmanaged', 'unmanaged'], { nic: 2 });
    expect(closingLines(run([looked]), { ...OPTIONS, ofChanges: false })).toContain('NICs:  2 in all');
  });
});
