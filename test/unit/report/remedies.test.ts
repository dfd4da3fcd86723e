import { expect, it } from 'vitest';
import type { HostResult, Remedy, RunResult } from '../../../src/model/result.ts';
import { remedyLines } from '../../../src/report/remedies.ts';

const host = (name: string, remedy?: Remedy): HostResult => {
  const base = { address: name, hypervisor: name, durationMs: 0, resources: [], totals: {} };
  return { name, ...base, status: 'unreachable', ...(remedy === undefined ? {} : { remedy }) };
};
const run = (hosts: readonly HostResult[]): RunResult => {
  const texts = { id: '', startedAt: '', finishedAt: '', user: '', command: '' };
  const lists = { playbooks: [], inventory: [], unmatchedRules: [], missingDomains: [], warnings: [] };
  return { ...texts, ...lists, mode: 'check', exitCode: 4, hosts };
};
const scan = (word: string, after = '>> known_hosts'): Remedy => ({
  error: `${word} is unknown`,
  text: 'compare, then run',
  command: { before: 'ssh-keyscan -t ed25519', word, after },
});
const lines = (...hosts: readonly HostResult[]) => remedyLines(run(hosts), (_, text) => text);

it('hosts with the same trouble share one remedy and one command', () => {
  const many = ['1', '2', '3', '4', '5'].map((n) => host(`hv${n}`, scan(`10.0.0.${n}`)));
  // Two names of one hypervisor.
  expect(lines(...many, host('twin', scan('10.0.0.1')), host('ok'))).toEqual([
    '',
    'hv1, hv2, hv3 and 3 more hosts: compare, then run:',
    '    ssh-keyscan -t ed25519 10.0.0.1 10.0.0.2 10.0.0.3 10.0.0.4 10.0.0.5 >> known_hosts',
  ]);
});

it('others have their own', () => {
  const told = { error: 'no virsh', text: 'install it' };
  expect(
    lines(host('a', scan('a')), host('b', scan('b', '>> other')), host('c', told), host('d', told)),
  ).toEqual([
    '',
    'a: compare, then run:',
    '    ssh-keyscan -t ed25519 a >> known_hosts',
    '',
    'b: compare, then run:',
    '    ssh-keyscan -t ed25519 b >> other',
    '',
    'c, d: install it',
  ]);
  expect(lines(host('a'))).toEqual([]);
});
