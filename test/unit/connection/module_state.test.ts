import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

const SRC = join(import.meta.dirname, '../../../src');

/** A module's own variable that can change, or a container that can be filled; memos by WeakMap forget by themselves. */
const STATE =
  /^(?:export )?(?:let |const \w+(?!.*: Readonly(?:Set|Map)<).* = (?:new Map|pLimit\()|const \w+ = new Set(?:<.*>)?\(\))/;

/** The terminal is the process's, not a run's. */
const ALLOWED = ['connection/keys/ask_person.ts: const turn = pLimit(1);'];

describe('the modules of the connection', () => {
  it('hold nothing of a run: two runs in one process do not meet', () => {
    const found = ['connection', 'engine']
      .flatMap((folder) =>
        readdirSync(join(SRC, folder), { recursive: true, encoding: 'utf8' }).map(
          (file) => `${folder}/${file}`,
        ),
      )
      .filter((file) => file.endsWith('.ts'))
      .flatMap((file) =>
        readFileSync(join(SRC, file), 'utf8')
          .split('\n')
          .filter((line) => STATE.test(line) || /^process\.on/.test(line))
          .map((line) => `${file}: ${line}`),
      );
    expect(found).toEqual(ALLOWED);
  });
});
