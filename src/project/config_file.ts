import { access, constants, stat } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { type Diagnostic, inputError } from '../model/diagnostic.ts';
import { type Cfg, parseCfg } from '../settings/cfg.ts';
import { resolvePath, type Surroundings } from '../settings/values.ts';
import { readText } from './files.ts';

export interface FoundConfig {
  /** Absolute; null where there is none. */
  readonly path: string | null;
  readonly warnings: readonly Diagnostic[];
}

/**
 * Ansible's configuration file: the first that is there and can be read of `ANSIBLE_CONFIG` (a file, or a folder with
 * an ansible.cfg), the working folder, `~/.ansible.cfg` and `/etc/ansible/ansible.cfg`; only that one is read. The one
 * of a working folder in which anybody may write is passed over with a warning: somebody else may have put it there.
 * (ansible-core 2.14, config/manager.py, find_ini_config_file)
 */
export async function findConfigFile(around: Surroundings): Promise<FoundConfig> {
  const { env, home, cwd } = around;
  const paths: string[] = [];
  const named = env.ANSIBLE_CONFIG;
  if (named !== undefined && named !== '') {
    const path = resolvePath(named, cwd, around);
    const isFolder = await stat(path).then(
      (found) => found.isDirectory(),
      () => false,
    );
    paths.push(isFolder ? join(path, 'ansible.cfg') : path);
  }
  const here = join(cwd, 'ansible.cfg');
  const folder = await stat(cwd).catch(() => null);
  const isPublic = folder !== null && (folder.mode & 0o002) !== 0;
  if (folder !== null && !isPublic) paths.push(here);
  paths.push(join(home, '.ansible.cfg'), '/etc/ansible/ansible.cfg');
  for (const path of paths) {
    const usable = await access(path, constants.R_OK).then(
      () => true,
      () => false,
    );
    if (!usable) continue;
    const chosen = path === paths[0] && named !== undefined && named !== '';
    return { path, warnings: isPublic && !chosen ? await passedOver(here) : [] };
  }
  return { path: null, warnings: isPublic ? await passedOver(here) : [] };
}

async function passedOver(path: string): Promise<readonly Diagnostic[]> {
  if ((await stat(path).catch(() => null)) === null) return [];
  const message = `${path} is not read: anybody may write into this folder, so that somebody else may have put it there`;
  return [
    {
      severity: 'warning',
      message,
      hint: 'chmod o-w . where that is not meant; or ANSIBLE_CONFIG=./ansible.cfg',
    },
  ];
}

/**
 * Reads a configuration file.
 * @throws InputError where it is none: Ansible, too, goes no further
 */
export async function loadConfigFile(
  path: string,
): Promise<{ cfg: Cfg | null; diagnostics: readonly Diagnostic[] }> {
  if (!['.cfg', '.ini'].includes(extname(path)))
    throw inputError(`${path} is no configuration file of Ansible's`, 'its name ends in .cfg or .ini');
  const { text, diagnostics } = await readText(path, 'configuration file');
  return text === null ? { cfg: null, diagnostics } : parseCfg(text, path);
}
