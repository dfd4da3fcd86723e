import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readImports } from './imports.ts';
import { roomsOf } from './rooms.ts';
import { violations } from './rules.ts';

/** `npm run structure`: holds the imports below src/ against the code map of ARCHITECTURE.md. */
const ROOT = join(import.meta.dirname, '../..');
const rooms = roomsOf(readFileSync(join(ROOT, 'ARCHITECTURE.md'), 'utf8'));
const found = [
  ...violations(readImports(ROOT, 'src'), rooms),
  ...rooms
    .filter(({ folder }) => !existsSync(join(ROOT, folder, 'README.md')))
    .map(({ folder }) => `${folder}: no README.md says what belongs there`),
];
for (const one of found) console.error(one);
if (found.length > 0) {
  console.error(`${found.length} against the structure that ARCHITECTURE.md declares`);
  process.exitCode = 1;
}
