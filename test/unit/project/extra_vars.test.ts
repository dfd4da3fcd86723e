import { describe, expect, it } from 'vitest';
import { loadExtraVars } from '../../../src/project/extra_vars.ts';

describe('-e', () => {
  it.each<[string, Record<string, unknown>]>([
    ['a=1', { a: '1' }],
    ['a=', { a: '' }],
    ['a=1 b=2', { a: '1', b: '2' }],
    [`a='x y' b="it's"`, { a: 'x y', b: "it's" }],
    [`ansible_ssh_common_args='-o A=1 -o B=2'`, { ansible_ssh_common_args: '-o A=1 -o B=2' }],
    ['rate=100 Mbit/s', { rate: '100 Mbit/s' }],
    ['path=C:\\x', { path: 'C:\\x' }],
    [`a='open`, { a: "'open" }],
    ['{"a": 1}', { a: 1 }],
  ])('%s', async (option, vars) => {
    expect(await loadExtraVars([option])).toEqual({ vars, diagnostics: [] });
  });
});
