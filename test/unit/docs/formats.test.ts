import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { REPORTERS } from '../../../src/reporters/index.ts';

/** The tables of formats in the docs. */
const DOCS = join(import.meta.dirname, '../../../docs');

it.each(['commands.md', 'report.md'])('%s names every format of --report', (page) => {
  const text = readFileSync(join(DOCS, page), 'utf8');
  for (const format of Object.keys(REPORTERS)) expect(text).toContain(`\`${format}\``);
});
