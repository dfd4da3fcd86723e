import { mkdirSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { namesIn, repositoryRoot } from '../../../src/cli/repository.ts';

it('the repository is what the platform says, else the folder above that has .git', () => {
  const dir = mkdtempSync(join(tmpdir(), 'virtune-repository-'));
  mkdirSync(join(dir, '.git'));
  mkdirSync(join(dir, 'a/b'), { recursive: true });
  expect(repositoryRoot(join(dir, 'a/b'), {})).toBe(dir);
  expect(repositoryRoot(join(dir, 'a'), { GITHUB_WORKSPACE: '/w' })).toBe('/w');
  expect(repositoryRoot(join(dir, 'a'), { CI_PROJECT_DIR: '/p/' })).toBe('/p');
  expect(repositoryRoot('/', {})).toBeNull();
});

it.each([
  ['/r', '/r/fleet', 'rules.yml', 'fleet/rules.yml'],
  ['/r', '/r/fleet', '../inventory/x.yml', 'inventory/x.yml'],
  ['/r', '/r', '/r/a.yml', 'a.yml'],
  ['/r', '/r', '/etc/virtune/a.yml', '/etc/virtune/a.yml'],
  ['/r', '/r', '../a.yml', '../a.yml'],
  [null, '/r', 'a.yml', 'a.yml'],
])('in %s, from %s, %s is called %s', (root, cwd, file, name) => {
  expect(namesIn(root, cwd)(file)).toBe(name);
});
