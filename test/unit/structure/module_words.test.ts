import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { MODULES } from '../../../src/modules/index.ts';

/** Rooms that serve all modules alike name none of them, nor what they limit: a new one would be forgotten there. */
const ROOMS = ['cli', 'engine', 'explain', 'gates', 'model', 'report', 'reporters', 'scan'];

/** `inbound` of `inbound.average`, and names such as `total_bytes_sec`: single words may mean something else. */
const SETTINGS = MODULES.flatMap(({ settings }) =>
  settings.flatMap(({ name }) =>
    name.includes('.') ? [name.split('.')[0] ?? ''] : name.includes('_') ? [name] : [],
  ),
);
const WORDS = new Set([
  ...MODULES.flatMap(({ name, kind, words }) => [name, kind, words.one, words.many]),
  ...SETTINGS,
  'domiftune',
]);

/** What may be said there all the same, with the reason. */
const ALLOWED: Readonly<Record<string, readonly string[]>> = {
  // It runs the playbook that the package has.
  'cli/commands/demo.ts': ['nic'],
  // A value of CSS.
  'reporters/html/style.ts': ['block'],
};

const code = (text: string): string => text.replaceAll(/\/\*[\s\S]*?\*\//g, '').replaceAll(/\/\/.*$/gm, '');

describe('rooms that serve all modules', () => {
  const src = join(import.meta.dirname, '../../../src');
  const files = ROOMS.flatMap((room) =>
    readdirSync(join(src, room), { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.ts'))
      .map((name) => `${room}/${name}`),
  );

  it.each(files)('src/%s names no module and nothing that one limits', (file) => {
    const said = code(readFileSync(join(src, file), 'utf8')).match(/[A-Za-z_]+/g) ?? [];
    const allowed = ALLOWED[file] ?? [];
    expect([...new Set(said)].filter((word) => WORDS.has(word) && !allowed.includes(word))).toEqual([]);
  });
});
