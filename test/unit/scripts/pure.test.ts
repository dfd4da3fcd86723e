import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect, it } from 'vitest';

/** Unit tests answer at once since nothing in them starts: what does belongs in test/integration. */

const UNIT = resolve(import.meta.dirname, '..');
const STARTS =
  /^import .*from '(?:node:(?:child_process|cluster|dgram|http|https|net|tls|worker_threads)|zx|ssh2|tsx\/cjs)'|^import \{[^}]*\b(?:startSimFleet|startFakeCloud)\b/m;

it('no unit test starts a process or a server', () => {
  const files = readdirSync(UNIT, { recursive: true, encoding: 'utf8' }).filter((file) =>
    file.endsWith('.ts'),
  );
  expect(files.length).toBeGreaterThan(100);
  expect(files.filter((file) => STARTS.test(readFileSync(join(UNIT, file), 'utf8')))).toEqual([]);
});
