import { expect, it } from 'vitest';
import { ciVariable } from '../../../src/base/ci.ts';

it.each([
  [{}, null],
  [{ CI: 'true' }, 'CI'],
  [{ CI: '1' }, 'CI'],
  [{ CI: 'woodpecker' }, 'CI'],
  [{ CI: '' }, null],
  [{ CI: 'false' }, null],
  [{ CI: '0' }, null],
  [{ CI: 'true', GITHUB_ACTIONS: 'true' }, 'GITHUB_ACTIONS'],
  [{ CI: 'true', GITLAB_CI: 'true' }, 'GITLAB_CI'],
  [{ TF_BUILD: 'True' }, 'TF_BUILD'],
] as const)('%j is %s', (env, variable) => {
  expect(ciVariable(env)).toBe(variable);
});
