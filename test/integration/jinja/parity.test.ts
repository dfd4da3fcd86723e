import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { resolveTemplates } from '../../../src/template/resolve.ts';
import { EXPRESSIONS, TEXTS, VARIABLES } from './cases.ts';

interface Evaluated {
  readonly value?: unknown;
  readonly error?: string;
}

const input = JSON.stringify({ variables: VARIABLES, expressions: EXPRESSIONS, texts: TEXTS });
const script = join(import.meta.dirname, 'ansible_templar.py');
// Debian's ansible-core is of Debian's Python, whatever else is first on the path.
const run = ['/usr/bin/python3', 'python3']
  .map((python) => spawnSync(python, [script], { input, encoding: 'utf8' }))
  .reduce((best, next) => (best.status === 0 ? best : next));
const missing = run.status !== 0;

describe('templates, beside the real Ansible', () => {
  it.skipIf(!missing || process.env.CI !== 'true')('ansible-core is installed', () => {
    expect(run.stderr).toBe('');
  });

  const answers = missing
    ? { expressions: [], texts: [] }
    : (JSON.parse(run.stdout) as { expressions: Evaluated[]; texts: Evaluated[] });

  it.skipIf(missing).each(EXPRESSIONS.map((text, index) => [text, index] as const))(
    '{{ %s }}',
    (text, index) => {
      const { value, diagnostics } = resolveTemplates(`{{ [${text}] }}`, VARIABLES);
      expect(diagnostics).toEqual([]);
      expect({ value }).toEqual(answers.expressions[index]);
    },
  );

  it.skipIf(missing).each(TEXTS.map((text, index) => [text, index] as const))('%j', (text, index) => {
    const { value, diagnostics } = resolveTemplates(text, VARIABLES);
    expect(diagnostics).toEqual([]);
    expect(String(value)).toEqual(String(answers.texts[index]?.value));
  });
});
