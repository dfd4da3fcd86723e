import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { clearReports, openReports, writeReports } from '../../../src/cli/reports.ts';
import type { RunResult } from '../../../src/model/result.ts';

const RESULT = { hosts: [], unmatchedRules: [], warnings: [], exitCode: 0 } as unknown as RunResult;
const CONTEXT = { version: '1.2.3', inRepository: (file: string) => file };

it('writes the others where one report cannot be written', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'virtune-reports-'));
  await mkdir(join(dir, 'gone'));
  const [lost, kept] = [join(dir, 'gone/a.json'), join(dir, 'b.json')];
  const requests = await openReports([`json=${lost}`, `json=${kept}`]);
  rmSync(join(dir, 'gone'), { recursive: true });
  await expect(writeReports(requests, RESULT, CONTEXT)).rejects.toThrow('gone/a.json could not be written');
  expect(JSON.parse(readFileSync(kept, 'utf8'))).toMatchObject({ exitCode: 0 });
});

it('leaves an earlier report alone until the run begins', async () => {
  const file = join(mkdtempSync(join(tmpdir(), 'virtune-reports-')), 'a.json');
  writeFileSync(file, 'earlier');
  const requests = await openReports([`json=${file}`]);
  expect(readFileSync(file, 'utf8')).toBe('earlier');
  await clearReports(requests);
  expect(existsSync(file)).toBe(false);
});

it('refuses two reports to one file', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'virtune-reports-'));
  const words = [`json=${dir}/a.json`, `json=${dir}/./a.json`];
  await expect(openReports(words)).rejects.toThrow(/two reports cannot both go to/);
});

it('tells a defect of a format as one, and writes the others', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'virtune-reports-'));
  const [broken, link] = [join(dir, 'a.json'), join(dir, 'b.json')];
  const requests = await openReports([`json=${broken}`, `json=${link}`]);
  let asked = 0;
  const result = {
    ...RESULT,
    get exitCode() {
      asked += 1;
      if (asked === 1) throw new TypeError('no such thing');
      return 0;
    },
  } as RunResult;
  await expect(writeReports(requests, result, CONTEXT)).rejects.toThrow(
    /a\.json could not be written: a defect of the format json: TypeError: no such thing/,
  );
  expect(JSON.parse(readFileSync(link, 'utf8'))).toMatchObject({ exitCode: 0 });
});
