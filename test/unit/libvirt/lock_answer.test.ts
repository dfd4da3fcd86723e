import { describe, expect, it } from 'vitest';
import { lockListener } from '../../../src/libvirt/lock_answer.ts';

const M = 'vt0123';
const BEGIN = `Welcome\n${M}:begin\n`;
const HOLDER = `${M}:holder\n4242 owner=alice@ci run=r1\n\n`;
const WAITING = `${M}:waiting\n`;
const TAKEN = `${M}:taken\n`;
const ANSWER = `${M}:x:u\n${M}:l:u\n<domain>${M}:waiting</domain>\n${M}:end\n`;

/** What is told of an answer that comes in these pieces. */
function told(pieces: readonly string[]): readonly (string | null)[] {
  const heard: (string | null)[] = [];
  const hear = lockListener(M, (holder) => heard.push(holder));
  for (const piece of pieces) hear(piece);
  return heard;
}

describe('who listens to a write', () => {
  it.each<[string, string, readonly (string | null)[]]>([
    ['has nothing to tell where nobody has the lock', BEGIN + TAKEN + ANSWER, []],
    ['nor where there is no lock', `${BEGIN}${M}:unlocked:flock\n${ANSWER}`, []],
    ['nor where nobody waits', `${BEGIN}${HOLDER}${M}:locked\n${M}:end\n`, []],
    ['nor of words of another answer', `${HOLDER}${WAITING}`, []],
    [
      'tells the holder, and that it waits no longer',
      BEGIN + HOLDER + WAITING + TAKEN + ANSWER,
      ['alice@ci, run r1', null],
    ],
    [
      'tells so where it waited in vain',
      `${BEGIN}${HOLDER}${WAITING}${M}:locked\n${M}:end\n`,
      ['alice@ci, run r1', null],
    ],
    ['tells of a process that cannot be seen', `${BEGIN}${M}:holder\n${WAITING}`, ['another process']],
    [
      'tells of a process that is not virtune',
      `${BEGIN}${M}:holder\n77 sleep 9\n\n${WAITING}`,
      ['process 77: sleep 9'],
    ],
  ])('%s', (_, answer, expected) => {
    expect(told([answer])).toEqual(expected);
    expect(told([...answer])).toEqual(expected);
    for (let at = 1; at < answer.length; at++)
      expect(told([answer.slice(0, at), answer.slice(at)])).toEqual(expected);
  });

  it('tells the holder while it waits, and not before its line is whole', () => {
    expect(told([BEGIN + HOLDER + WAITING.slice(0, -1)])).toEqual([]);
    expect(told([BEGIN + HOLDER + WAITING])).toEqual(['alice@ci, run r1']);
  });

  it('keeps nothing of an answer that says nothing of a lock', () => {
    expect(told([BEGIN, 'x'.repeat(70_000), HOLDER, WAITING])).toEqual([]);
  });
});
