import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, it } from 'vitest';

const FILE = join(import.meta.dirname, '../../../src/cli/keep_heap_small.ts');

/** In a process of its own, since V8 has one heap for all that runs in one. */
const PROGRAM = `
const { keepHeapSmall } = await import(${JSON.stringify(FILE)});
const { getHeapSpaceStatistics } = await import('node:v8');
keepHeapSmall();
let kept = [];
for (let nth = 0; nth < 2_000_000; nth++) if (kept.push([nth]) > 200_000) kept = [];
const young = getHeapSpaceStatistics().find(({ space_name }) => space_name === 'new_space');
console.log(young.space_size / 1024 / 1024);
`;

it('keeps the young part of the heap small, however much is made, and not tiny', () => {
  const said = execFileSync(process.execPath, ['--import', 'tsx', '--input-type=module', '--eval', PROGRAM], {
    encoding: 'utf8',
    cwd: join(import.meta.dirname, '../../..'),
  });
  // Node 26 counts something beside it.
  expect(Number(said)).toBeGreaterThanOrEqual(8);
  expect(Number(said)).toBeLessThan(10);
});
