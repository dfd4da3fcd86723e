import { describe, expect, it } from 'vitest';
import { disksFact } from '../../../src/facts/disks.ts';
import { diskLimits } from '../../../src/modules/disk_limits/index.ts';
import { described, parseRules, planRules } from './of_module.ts';

/** Rules that name the same disks in other words. */

const rule = (name: string, disk: string, bytes: number) =>
  `- { name: ${name}, domain: "*", disk: ${disk}, total_bytes_sec: ${bytes} }`;

describe('a later rule', () => {
  const shadowed = (first: string, second: string) =>
    parseRules(diskLimits, `${rule('a', first, 5000)}\n${rule('b', second, 6000)}`).said.some((line) =>
      line.includes('rule "a" can never win'),
    );

  it.each([
    ['vda', 'vda', true],
    ['vda', '"vd*"', true],
    ['[vda, vdb]', '"*"', true],
    ['vda', '[vdb, vda]', true],
    ['all', '"*"', true],
    ['"*"', 'all', false],
    ['{ type: file }', 'all', true],
    ['{ type: file, target: vda }', 'vda', true],
    ['vda', '{ type: file }', false],
    ['[vda, vdb]', 'vda', false],
    ['"vd*"', 'vda', false],
    ['"v*a"', '"v?a"', false],
    // Nothing says here that vda is no CD-ROM, which all leaves out.
    ['vda', 'all', false],
    ['all', 'vda', false],
  ])('replaces one of %s by %s: %s', (first, second, expected) => {
    expect(shadowed(first, second)).toBe(expected);
  });
});

describe('two tasks', () => {
  const clashes = (first: string, second: string) => {
    const [a, b] = [first, second].map((rules) => parseRules(diskLimits, rules).args);
    return diskLimits.clashes(a as never, b as never).map(({ message }) => message);
  };

  it('that name a disk by name and by a glob are told by the files', () => {
    expect(clashes(rule('a', '"vd*"', 5000), rule('b', 'vda', 6000))).toEqual([
      'rule "b" wants bytes 6 kB/s, and rule "a" (x.yml:2) of another task wants 5 kB/s: each run would write both',
    ]);
  });

  it('and groups likewise', () => {
    const [a, b] = ['g', 'h'].map((g) => `- { name: ${g}, domain: w, total_bytes_sec: 5000, group: ${g} }`);
    expect(clashes(a!, b!)).toEqual([expect.stringContaining('wants group h')]);
    expect(clashes(a!, a!)).toEqual([]);
  });

  it('of other disks do not, and a later rule of another disk replaces nothing', () => {
    expect(clashes(rule('a', 'vda', 5000), rule('b', 'vdb', 6000))).toEqual([]);
    expect(clashes(rule('a', '"sd*"', 5000), rule('b', '[vdb, vdc]', 6000))).toEqual([]);
    const [first] = clashes(`${rule('a', 'vda', 5000)}\n${rule('x', 'vdb', 7000)}`, rule('b', 'vda', 6000));
    expect(first).toContain('rule "b" wants bytes 6 kB/s');
  });

  it('that name vda and all disks are told when the host is planned, and nothing is written', () => {
    const tasks = [rule('a', 'all', 5000), rule('b', 'vda', 6000)];
    expect(clashes(tasks[0]!, tasks[1]!)).toEqual([]);
    const xml = ['vda', 'vdb'].map((target) => `<disk type='file'><target dev='${target}'/></disk>`).join('');
    const vm = described([disksFact], `<devices>${xml}</devices>`);
    const [a, b] = planRules(diskLimits, tasks, [vm]);
    expect([a?.status, a?.commands, b?.status]).toEqual(['refused', [], 'pending']);
    expect(a?.reason).toMatch(/two tasks want different bytes limits of it: rule "a" .*5 kB\/s .*rule "b"/);
    const [one] = planRules(diskLimits, [tasks.join('\n')], [vm]);
    expect([one?.status, one?.sentence]).toEqual(['pending', 'bytes unlimited → 6 kB/s']);
  });
});
