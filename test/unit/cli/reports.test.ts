import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { openReports, writeReports } from '../../../src/cli/reports.ts';
import type { RunResult } from '../../../src/model/result.ts';

const RESULT = { hosts: [], unmatchedRules: [], warnings: [], exitCode: 0 } as unknown as RunResult;

it('writes the others where one report cannot be written', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'virtune-reports-'));
  await mkdir(join(dir, 'gone'));
  const [lost, kept] = [join(dir, 'gone/a.json'), join(dir, 'b.json')];
  const requests = await openReports([`json=${lost}`, `json=${kept}`]);
  rmSync(join(dir, 'gone'), { recursive: true });
  await expect(writeReports(requests, RESULT)).rejects.toThrow('gone/a.json could not be written');
  expect(JSON.parse(readFileSync(kept, 'utf8'))).toMatchObject({ exitCode: 0 });
});

it('refuses two reports to one file', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'virtune-reports-'));
  const words = [`json=${dir}/a.json`, `json=${dir}/./a.json`];
  await expect(openReports(words)).rejects.toThrow(/two reports cannot both go to/);
});
