import { describe, expect, it } from 'vitest';
import { readChain } from '../../../src/record/chain.ts';
import type { Entry } from '../../../src/record/entry.ts';
import { openJournal } from '../../../src/record/journal.ts';
import { seedOf } from '../../../src/record/line.ts';
import { recorderOf } from '../../../src/record/recorder.ts';
import { change } from './build.ts';

/** A file in memory, on a disk with so much room, that counts what reaches it. */
function disk(room = Infinity) {
  const state = { bytes: Buffer.alloc(0), room, syncs: 0, failSync: false, failTruncate: false };
  return {
    state,
    write: async (data: Buffer, from: number, length: number) => {
      const fits = Math.max(0, Math.min(length, state.room - state.bytes.length));
      if (fits === 0) throw new Error('ENOSPC: no space left on device, write');
      state.bytes = Buffer.concat([state.bytes, data.subarray(from, from + fits)]);
      return { bytesWritten: fits, buffer: data };
    },
    datasync: async () => {
      if (state.failSync) throw new Error('EIO: i/o error, fdatasync');
      state.syncs++;
    },
    truncate: async (size = 0) => {
      if (state.failTruncate) throw new Error('EIO: i/o error, ftruncate');
      state.bytes = state.bytes.subarray(0, size);
    },
    close: async () => {},
  };
}

const entry = (text: string): Entry => ({ type: 'pruned', at: text, runs: [] });
// biome-ignore lint/suspicious/noExplicitAny: the four functions that a journal calls
const journalOn = (file: any) => openJournal(file, seedOf('r'));

async function linesIn(bytes: Buffer) {
  const all = [];
  for await (const link of readChain('r', [bytes])) all.push(link);
  return all;
}

describe('a journal', () => {
  it('writes what comes at once with one sync, in order', async () => {
    const file = disk();
    const journal = journalOn(file);
    await Promise.all(['a', 'b', 'c'].map((text) => journal.append(entry(text))));
    await journal.append(entry('d'));
    expect(file.state.syncs).toBe(2);
    expect((await linesIn(file.state.bytes)).map(({ kind, line }) => [kind, line])).toEqual(
      [1, 2, 3, 4].map((line) => ['link', line]),
    );
  });

  it('leaves the file as it was where the disk is full, and goes on when there is room again', async () => {
    const file = disk(400);
    const journal = journalOn(file);
    await journal.append(entry('a'));
    const before = file.state.bytes;
    await expect(journal.append(entry('b'.repeat(500)))).rejects.toThrow('ENOSPC');
    expect(file.state.bytes).toEqual(before);
    file.state.room = Infinity;
    await journal.append(entry('c'));
    expect((await linesIn(file.state.bytes)).map(({ kind }) => kind)).toEqual(['link', 'link']);
  });

  it('takes of several at once those that have room', async () => {
    const file = disk(700);
    const journal = journalOn(file);
    const texts = ['a', 'b'.repeat(600), 'c'];
    const ended = await Promise.allSettled(texts.map((text) => journal.append(entry(text))));
    expect(ended.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'rejected']);
    await journal.append(entry('d'));
    expect((await linesIn(file.state.bytes)).map(({ kind }) => kind)).toEqual(['link', 'link']);
  });

  it.each(['failSync', 'failTruncate'] as const)('writes nothing any more after %s', async (fault) => {
    const file = disk(400);
    const journal = journalOn(file);
    await journal.append(entry('a'));
    file.state[fault] = true;
    if (fault === 'failSync') file.state.room = Infinity;
    await expect(journal.append(entry('b'.repeat(500)))).rejects.toThrow();
    file.state[fault] = false;
    file.state.room = Infinity;
    const { bytes } = file.state;
    await expect(journal.append(entry('c'))).rejects.toThrow();
    expect(file.state.bytes).toBe(bytes);
  });

  it('keeps line breaks and other hostile text within its line', async () => {
    const file = disk();
    const journal = journalOn(file);
    await journal.append(entry('a\n{"hash":"\u2028\ud800\u0000'));
    expect((await linesIn(file.state.bytes)).map(({ kind }) => kind)).toEqual(['link']);
  });
});

describe('a run whose results find no room', () => {
  it('tries them once more at its end, else says which hosts they are of', async () => {
    for (const later of [Infinity, 0]) {
      const file = disk();
      const record = recorderOf(journalOn(file));
      await record.intend([change(1, 2)]);
      file.state.room = 0;
      await record.conclude([change(1, 2), change(1, 2, { host: 'hv2' })]);
      file.state.room = later;
      const lost = await record.end({ exitCode: 0, hosts: {}, subjects: {} });
      const types = (await linesIn(file.state.bytes)).map((link) => ('type' in link ? link.type : link.kind));
      if (later > 0) expect([lost, types]).toEqual(['', ['intent', 'result', 'end']]);
      else {
        expect(types).toEqual(['intent']);
        expect(lost).toBe(
          'the record lacks what became of the changes on hv1, hv2: ENOSPC: no space left on device, write; what was done is done, as it is shown here',
        );
      }
    }
  });
});
