import { stripVTControlCharacters } from 'node:util';
import { describe, expect, it } from 'vitest';
import { hung } from '../../../src/report/hang.ts';

const DIFF = '      - inbound  live+persistent 12500,12500,12500 (100 Mbit/s, peak 100 Mbit/s)';

describe('lines at the edge of a terminal', () => {
  it('break between words, and hang', () => {
    expect(hung([DIFF], 60)).toEqual([
      '      - inbound  live+persistent 12500,12500,12500 (100',
      '        Mbit/s, peak 100 Mbit/s)',
    ]);
    expect(hung([DIFF, 'a'], 80)).toEqual([DIFF, 'a']);
  });

  it('hang where the text of a label begins, where that is told', () => {
    const line = '  problem  login shell     the host did not run the script: not simulated';
    expect(hung([line], 60, 27)).toEqual([
      '  problem  login shell     the host did not run the script:',
      `${' '.repeat(27)}not simulated`,
    ]);
  });

  it('stay as they are where there is no terminal', () => {
    for (const columns of [undefined, 0]) expect(hung([DIFF.repeat(9)], columns)).toEqual([DIFF.repeat(9)]);
  });

  it('leave commands whole', () => {
    const command = '      $ virsh domiftune d194b0bb-12a0-4948-a07c-6db3ccbb4bee 52:54:00:09:92:09 --live';
    const painted = `\u001b[36m${command}\u001b[39m`;
    expect(hung([command, painted], 60)).toEqual([command, painted]);
    const hint = 'hint: if it is a folder that nobody has made: mkdir -p /srv/reports/of/all/the/hosts';
    expect(hung([hint], 60)).toEqual([
      'hint: if it is a folder that nobody has made:',
      '  mkdir -p /srv/reports/of/all/the/hosts',
    ]);
    expect(hung(['  hint: make it: mkdir -p /srv/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa'], 60)).toEqual([
      '  hint: make it:',
      '    mkdir -p /srv/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa',
    ]);
  });

  it('count no colours, and keep a word that is too long', () => {
    const line = `${`\u001b[31mword\u001b[39m `.repeat(12)}${'x'.repeat(70)}`;
    expect(hung([line], 60).map((one) => stripVTControlCharacters(one))).toEqual([
      'word '.repeat(12).trimEnd(),
      `  ${'x'.repeat(70)}`,
    ]);
  });
});
