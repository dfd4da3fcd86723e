import { readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fileOf, runsIn } from '../../../src/record/folder.ts';
import { historyOf } from '../../../src/record/history.ts';
import { prune, toPrune } from '../../../src/record/prune.ts';
import { openRecord } from '../../../src/record/recorder.ts';
import { verifyRecord } from '../../../src/record/verify.ts';
import { full, sweep } from '../../sweep.ts';
import { change, head, recorded, stateDir } from './build.ts';

/** What of a record can be believed, and how that is told. */

const errorsOf = async (state: string) =>
  (await verifyRecord(state)).problems.filter(({ severity }) => severity === 'error');

async function threeRuns(state: string): Promise<readonly string[]> {
  const runs: string[] = [];
  for (const second of [1, 2, 3])
    runs.push(
      await recorded(state, head(second), [change(second, second + 1), change(null, 5, { host: 'hv2' })]),
    );
  return runs;
}

describe('a record', () => {
  it('is for its user alone, and is as it was written', async () => {
    const state = join(stateDir(), 'deep', 'state');
    const [run = ''] = await threeRuns(state);
    expect(statSync(state).mode & 0o777).toBe(0o700);
    expect(statSync(join(state, 'runs')).mode & 0o777).toBe(0o700);
    expect(statSync(fileOf(state, run)).mode & 0o777).toBe(0o600);
    expect(await verifyRecord(state)).toEqual({ runs: 3, lines: 12, problems: [] });
  });

  it('names the run before it, and no other', async () => {
    const state = stateDir();
    const runs = await threeRuns(state);
    const seen = await Promise.all(runs.map(async (run) => (await historyOf(state, run)).start?.seen));
    expect(seen.map((all) => all?.map(({ run }) => run))).toEqual([[], [runs[0]], [runs[1]]]);
  });

  it('with two runs at once is chained without a lock: the next one names both', async () => {
    const state = stateDir();
    const first = await openRecord(state, head(1));
    const second = await openRecord(state, head(2));
    for (const record of [first, second]) {
      await record.intend([change(1, 2)]);
      await record.conclude([change(1, 2)]);
      await record.end({ exitCode: 0, hosts: {}, subjects: {} });
      await record.close();
    }
    const third = await recorded(state, head(3), []);
    const { start } = await historyOf(state, third);
    expect(start?.seen.map(({ run }) => run)).toEqual([head(2).run, head(1).run]);
    expect((await verifyRecord(state)).problems).toEqual([]);
  });
});

describe('verify', () => {
  it('finds any flipped byte, at its line', async () => {
    const state = stateDir();
    const runs = await threeRuns(state);
    const files = runs.map((run) => fileOf(state, run));
    const whole = files.map((file) => readFileSync(file));
    await fc.assert(
      fc.asyncProperty(fc.nat(2), fc.nat(), fc.integer({ min: 1, max: 255 }), async (which, at, mask) => {
        const bytes = Buffer.from(whole[which]!);
        const place = at % bytes.length;
        bytes[place] = bytes[place]! ^ mask;
        writeFileSync(files[which]!, bytes);
        const { problems } = await verifyRecord(state);
        writeFileSync(files[which]!, whole[which]!);
        // A line break that is gone makes one line of two, and of the last one a line without its end.
        const line = whole[which]!.subarray(0, place).toString('latin1').split('\n').length;
        const found = problems.find(({ place: where }) => where?.file === files[which]);
        expect(found?.place?.line).toBe(line);
      }),
      sweep(2_000, 50),
    );
  });

  it('reads all whole lines before the place where a file ends', async () => {
    const state = stateDir();
    const runs = await threeRuns(state);
    const file = fileOf(state, runs[2]!);
    const whole = readFileSync(file);
    const intents = (bytes: Buffer) => bytes.toString('latin1').split('\n').slice(0, -1);
    const ends = [...whole.keys()].filter((at) => whole[at] === 10).flatMap((at) => [at, at + 1, at + 2]);
    const sizes = [...ends, ...[...whole.keys()].filter((at) => at % full(211, 1_009) === 0)];
    for (const size of sizes.filter((one) => one <= whole.length)) {
      writeFileSync(file, whole.subarray(0, size));
      const lines = intents(whole.subarray(0, size));
      const read = await historyOf(state, runs[2]!);
      expect(read.lines).toBe(lines.length);
      expect(read.made.length).toBe(lines.some((line) => line.includes('"type":"intent"')) ? 2 : 0);
      expect(read.fault?.kind ?? 'none').toBe(whole[size - 1] === 10 || size === 0 ? 'none' : 'torn');
      // The last run of all, cut off: nobody can tell that from a crash, so it is a note.
      expect(await errorsOf(state)).toEqual([]);
      const notes = (await verifyRecord(state)).problems.map(({ severity }) => severity);
      expect(notes).toEqual(size === whole.length ? [] : ['note']);
    }
  });

  it('finds lines that are cut off a run which a later one has named', async () => {
    const state = stateDir();
    const [, run = '', last = ''] = await threeRuns(state);
    const file = fileOf(state, run);
    const lines = readFileSync(file, 'utf8').split('\n');
    writeFileSync(file, `${lines.slice(0, 3).join('\n')}\n`);
    const [error, ...more] = await errorsOf(state);
    expect(more).toEqual([]);
    expect(error?.place).toMatchObject({ file, line: 3 });
    expect(error?.message).toContain(`${fileOf(state, last)}:1`);
  });

  it('finds a run that is gone, and files that were exchanged', async () => {
    const state = stateDir();
    const [first = '', second = '', third = ''] = await threeRuns(state);
    const bytes = readFileSync(fileOf(state, first));
    writeFileSync(fileOf(state, second), bytes);
    expect((await errorsOf(state))[0]).toMatchObject({ place: { file: fileOf(state, second), line: 1 } });
    rmSync(fileOf(state, second));
    expect((await errorsOf(state)).map(({ message, place }) => [message, place?.file])).toEqual([
      [`the run ${second} is missing, which this line names`, fileOf(state, third)],
    ]);
  });

  it('takes a torn last line for a crash; the next run names how far that file went', async () => {
    const state = stateDir();
    const cut = await recorded(state, head(1), [change(1, 2)], 'before the result');
    writeFileSync(fileOf(state, cut), '{"hash":"0123', { flag: 'a' });
    const next = await recorded(state, head(2), []);
    const read = await historyOf(state, cut);
    expect(read).toMatchObject({ state: 'cut', lines: 2, fault: { kind: 'torn', line: 3 } });
    expect(read.made.map(({ isKnown }) => isKnown)).toEqual([false]);
    expect((await historyOf(state, next)).start?.seen).toMatchObject([{ run: cut, torn: 13 }]);
    expect((await verifyRecord(state)).problems.map(({ severity }) => severity)).toEqual(['note']);
  });

  it('reads nothing as a run that is none', async () => {
    const state = stateDir();
    await threeRuns(state);
    writeFileSync(join(state, 'runs', 'notes.txt'), 'x');
    writeFileSync(join(state, 'runs', '20261126T000009000Z-00000009.jsonl'), '');
    expect(await errorsOf(state)).toEqual([]);
    expect(await recorded(state, head(10), [])).toBe(head(10).run);
  });
});

describe('prune', () => {
  it('removes old runs, and the chain holds over what is gone', async () => {
    const state = stateDir();
    const [first, second, third] = await threeRuns(state);
    const { removed, kept } = await toPrune(state, new Date(Date.UTC(2026, 10, 26, 0, 0, 3)));
    expect(kept).toEqual([]);
    expect(removed.map(({ run }) => run)).toEqual([first, second]);
    await prune(state, head(9, { what: 'prune' }), removed);
    expect(readdirSync(join(state, 'runs'))).toEqual([`${third}.jsonl`, `${head(9).run}.jsonl`]);
    expect((await verifyRecord(state)).problems).toEqual([]);
    // What names the removed runs stays.
    const again = await toPrune(state, new Date(Date.UTC(2027, 0)));
    expect(again.removed.map(({ run }) => run)).toEqual([third]);
    expect(await runsIn(state)).toHaveLength(2);
  });

  it('keeps a file that was changed', async () => {
    const state = stateDir();
    const [first = ''] = await threeRuns(state);
    const file = fileOf(state, first);
    writeFileSync(file, readFileSync(file, 'utf8').replace('alice', 'mallo'));
    const { removed, kept } = await toPrune(state, new Date(Date.UTC(2027, 0)));
    expect(removed).toHaveLength(2);
    expect(kept).toEqual([{ run: first, why: 'its chain is broken: virtune history verify' }]);
  });
});
