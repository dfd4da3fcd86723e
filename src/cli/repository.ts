import { existsSync } from 'node:fs';
import { dirname, isAbsolute, join, relative, resolve, sep } from 'node:path';

/**
 * Where the repository is that a run's files are in: what the CI platform says, else the nearest folder above with a
 * `.git`; null where there is none.
 */
export function repositoryRoot(cwd: string, env: NodeJS.ProcessEnv): string | null {
  const said = env.GITHUB_WORKSPACE || env.CI_PROJECT_DIR;
  if (said) return resolve(said);
  for (let folder = cwd; ; folder = dirname(folder)) {
    if (existsSync(join(folder, '.git'))) return folder;
    if (folder === dirname(folder)) return null;
  }
}

/** Names files as platforms link them: from the root of the repository, with `/`. Pure. */
export function namesIn(root: string | null, cwd: string): (file: string) => string {
  return (file) => {
    if (root === null) return file;
    const path = relative(root, resolve(cwd, file));
    return path === '' || path.startsWith('..') || isAbsolute(path) ? file : path.split(sep).join('/');
  };
}
