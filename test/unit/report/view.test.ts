import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import type { HostResult, RunResult } from '../../../src/model/result.ts';
import { linesOf } from '../../../src/report/parts.ts';
import { ending } from '../../../src/report/view.ts';

const host = (name: string, over: Partial<HostResult> = {}): HostResult => {
  const base = { address: name, hypervisor: name, durationMs: 100, resources: [], totals: { nic: 2 } };
  return { name, ...base, status: 'ok', ...over };
};

const result = (hosts: readonly HostResult[]): RunResult => ({
  id: 'run',
  startedAt: '2026-01-01T00:00:00.000Z',
  finishedAt: '2026-01-01T00:00:01.000Z',
  mode: 'check',
  playbooks: [],
  inventory: [],
  user: '',
  command: '',
  exitCode: 0,
  hosts,
  unmatchedRules: [{ name: 'web', file: 'rules.yml', line: 3, required: false }],
  missingDomains: [],
  warnings: [],
});

function textOf(columns: number | undefined, hosts: readonly HostResult[], byHost = false): string[] {
  const stream = Object.assign(new PassThrough(), { columns }) as unknown as NodeJS.WriteStream;
  const end = ending({
    stream,
    check: true,
    diff: false,
    verbose: false,
    ofChanges: true,
    plays: [{ name: 'p', hosts: hosts.length }],
    ...(byHost ? { hostLines: (one: HostResult) => [`of ${one.name}`] } : {}),
  });
  end.playStarted();
  // Hosts are done in any order.
  for (const one of hosts.toReversed()) end.hostDone(one);
  return [...linesOf(end.parts(result(hosts))), ''];
}

describe('what is said at the end', () => {
  it('has its parts apart, and durations on a line of their own', () => {
    const lines = [
      'hv[1:3]: ok (2 NICs not managed)',
      '',
      'warning: rule "web" (rules.yml:3) names nothing on the hosts that were read',
      '',
      'hosts: 3 in all: 3 ok',
      'NICs:  6 in all: 6 not managed',
      'time:  1.0 s, the longest hv1 0.1 s',
      '',
    ];
    const hosts = ['hv1', 'hv2', 'hv3'].map((name) => host(name));
    expect(textOf(undefined, hosts)).toEqual(lines);
    expect(textOf(80, hosts)).toEqual(lines);
    const narrow = textOf(50, hosts);
    for (const line of narrow) expect(line.length).toBeLessThanOrEqual(50);
    expect(narrow.join(' ').split(/\s+/)).toEqual(lines.join(' ').split(/\s+/));
  });

  it('tells hosts in the order of the result, whenever they were done', () => {
    const hosts = ['c', 'a', 'b'].map((name) => host(name));
    expect(textOf(undefined, hosts, true).slice(0, 3)).toEqual(['of c', 'of a', 'of b']);
  });

  it('ends what each host says with one blank line, whatever it ends with', () => {
    const stream = Object.assign(new PassThrough(), {}) as unknown as NodeJS.WriteStream;
    const plays = [{ name: 'p', hosts: 1 }];
    const modes = { check: true, diff: false, verbose: false, ofChanges: false };
    const end = ending({ stream, plays, ...modes, hostLines: () => ['a table', ''] });
    end.playStarted();
    end.hostDone(host('hv1'));
    const told = linesOf(end.parts({ ...result([host('hv1')]), unmatchedRules: [] }));
    expect(told).toEqual(['a table', '', 'hosts: 1 in all: 1 ok', 'NICs:  2 in all']);
  });

  it('leaves a command line whole', () => {
    const command = { before: 'ssh-keyscan -t ed25519', word: '10.0.0.1', after: '>> known_hosts' };
    const remedy = { error: 'the key is not known', text: 'compare, then run', command };
    const lines = textOf(40, [host('hv1', { status: 'unreachable', error: 'x', remedy })]);
    expect(lines).toContain('    ssh-keyscan -t ed25519 10.0.0.1 >> known_hosts');
  });
});
