import { readFileSync, realpathSync, statSync } from 'node:fs';
import { homedir } from 'node:os';
import { isAbsolute, join, relative, resolve } from 'node:path';
import { TemplateProblem } from '../jinja/problem.ts';
import type { Lookups } from '../template/lookups.ts';
import { noteRead } from './reads.ts';

const MAX_BYTES = 1024 * 1024;

/**
 * What templates of a playbook may read: the environment, and files in the folder of the playbook, in those of the
 * inventory, and in the current one, symbolic links followed. Elsewhere a slip, or a variable that somebody else has
 * set, would bring any file of this machine into names and messages.
 * @param playbookDir where names without a folder are looked for, in its `files/` before
 */
export function createLookups(
  playbookDir: string,
  folders: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): Lookups {
  const known = new Map<string, string>();
  const allowed = [playbookDir, ...folders, '.'].flatMap((folder) => real(folder) ?? []);
  const read = (path: string): string => {
    const found = candidates(path, playbookDir).flatMap((one) => real(one) ?? [])[0];
    if (found === undefined) throw new TemplateProblem(`the file "${path}" does not exist`, undefined, true);
    if (!allowed.some((folder) => isInside(found, folder)))
      throw new TemplateProblem(
        `the file "${path}" may not be read by a template`,
        'lookups read in the folders of the playbook and the inventory, and in the current one: put it there',
      );
    return readSmall(found, path);
  };
  return {
    env: (name) => env[name],
    file: (path) => {
      const text = known.get(path) ?? read(path);
      known.set(path, text);
      return text;
    },
  };
}

/** In Ansible's order, as far as virtune has what it looks in. */
function candidates(path: string, playbookDir: string): readonly string[] {
  if (path === '~' || path.startsWith('~/')) return [join(homedir(), path.slice(1))];
  if (isAbsolute(path)) return [path];
  return [join(playbookDir, 'files', path), join(playbookDir, path), resolve(path)];
}

function real(path: string): string | null {
  try {
    return realpathSync(path);
  } catch {
    return null;
  }
}

function isInside(path: string, folder: string): boolean {
  const way = relative(folder, path);
  return way !== '' && way !== '..' && !way.startsWith('../') && !isAbsolute(way);
}

function readSmall(found: string, path: string): string {
  const problem = (what: string) => new TemplateProblem(`the file "${path}" ${what}`);
  noteRead(found);
  try {
    const about = statSync(found);
    if (!about.isFile()) throw problem('is no ordinary file');
    if (about.size > MAX_BYTES) throw problem('is larger than 1 MiB');
    return new TextDecoder('utf-8', { fatal: true }).decode(readFileSync(found));
  } catch (error) {
    if (error instanceof TemplateProblem) throw error;
    const code = (error as NodeJS.ErrnoException).code;
    throw problem(
      code === 'EACCES' ? 'may not be read: permission denied' : `cannot be read: ${code ?? 'not UTF-8'}`,
    );
  }
}
