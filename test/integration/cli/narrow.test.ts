import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, it, vi } from 'vitest';
import { printDiagnostics } from '../../../src/cli/diagnostics.ts';
import { demoFleet } from '../../../src/sim/demo_fleet.ts';
import { writeFleetFiles } from '../../../src/sim/fleet_files.ts';
import { type SimFleet, startSimFleet } from '../../../src/sim/sshd.ts';
import { typed } from './typed.ts';

/** What commands say on a narrow terminal: no word is broken, and none is lost. */

let fleet: SimFleet;
let dir = '';
let options: string[] = [];
beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'virtune-narrow-'));
  fleet = await startSimFleet(demoFleet());
  options = ['-i', (await writeFleetFiles(fleet, dir)).inventory];
  writeFileSync(
    join(dir, 'play.yml'),
    '- hosts: all\n  tasks:\n    - nic_limits: { rules: [{ domain: "web-0*", rate: 200 Mbit/s }] }\n',
  );
});
afterEach(() => {
  vi.restoreAllMocks();
  setColumns(undefined);
});
afterAll(async () => {
  await fleet.close();
  rmSync(dir, { recursive: true });
});

function setColumns(columns: number | undefined): void {
  for (const stream of [process.stdout, process.stderr])
    Object.defineProperty(stream, 'columns', { value: columns, configurable: true, writable: true });
}

/** Durations are another's each time. */
const linesOf = (text: string): string[] => text.replaceAll(/\d+\.\d s/g, '0.0 s').split('\n');

it.each([
  ['run --diff', ['run', 'play.yml', '--check', '--diff']],
  ['explain', ['explain', 'hv01.example.net', 'web-01', 'play.yml']],
])('%s', async (_name, words) => {
  const command = words.map((word) => (word === 'play.yml' ? join(dir, word) : word));
  const wide = linesOf((await typed(...command, ...options)).said);
  expect(wide.filter((line) => line.length > 60 && !line.includes('$ ')).length).toBeGreaterThan(0);
  setColumns(60);
  const narrow = linesOf((await typed(...command, ...options)).said);
  const isCommand = (line: string): boolean => line.trimStart().startsWith('$ ');
  expect(narrow.filter((line) => line.length > 60 && !isCommand(line) && !line.includes(dir))).toEqual([]);
  expect(narrow.filter(isCommand)).toEqual(wide.filter(isCommand));
  const wordsOf = (lines: readonly string[]) => lines.join(' ').split(/ +/).filter(Boolean);
  expect(wordsOf(narrow).sort()).toEqual(wordsOf(wide).sort());
});

it('hints of mistakes', async () => {
  let said = '';
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
    said += String(text);
    return true;
  });
  const hint = 'name the inventory that has them with -i, or leave them out with --limit';
  const mistake = { severity: 'error', message: 'no host', hint } as const;
  await printDiagnostics([mistake]);
  expect(said).toBe(`error: no host\n  hint: ${hint}\n`);
  said = '';
  setColumns(60);
  await printDiagnostics([mistake]);
  expect(said).toBe(
    'error: no host\n  hint: name the inventory that has them with -i, or leave\n    them out with --limit\n',
  );
});
