import { describe, expect, it } from 'vitest';
import { parseMaxFailures, question } from '../../../src/cli/step.ts';

describe('--max-failures', () => {
  it.each([
    ['0', 0],
    ['12', 12],
    ['5%', { percent: 5 }],
    ['2.5%', { percent: 2.5 }],
    ['100%', { percent: 100 }],
  ])('%s', (word, expected) => expect(parseMaxFailures(word)).toEqual(expected));

  it.each(['', '-1', '101%', '100.5%', 'many', '5 %', '1.5'])('not %j', (word) => {
    expect(() => parseMaxFailures(word)).toThrow(
      'It must be a number of hosts, or a share of them: 3 or 5%.',
    );
  });
});

describe('the question of --step', () => {
  const next = { play: 'web\u001b[2J', batch: 1, batches: 1, hosts: ['hv1'], before: [] };

  it('names what comes, and shows no escape sequence', () => {
    expect(question(next)).toBe('web\\x1b[2J, 1 host: hv1. Go on? (y)es, (n)o, (a)ll: ');
  });

  it('says what the batch before did', () => {
    const host = (status: 'changed' | 'unreachable' | 'ok') => ({ status }) as never;
    const before = [host('changed'), host('unreachable'), host('ok')];
    expect(question({ play: 'web', batch: 2, batches: 3, hosts: ['a', 'b', 'c', 'd', 'e'], before })).toBe(
      'web, batch 2 of 3: a, b, c and 2 more. Before: 1 changed, 1 in trouble. Go on? (y)es, (n)o, (a)ll: ',
    );
  });
});
