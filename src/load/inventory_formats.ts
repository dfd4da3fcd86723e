import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { extname } from 'node:path';
import type { Diagnostic } from '../model/diagnostic.ts';

const CONVERT = (path: string) => `convert it: ansible-inventory -i ${path} --list --yaml > hosts.yml`;

/** Why a file is no YAML inventory, when it is one of Ansible's other kinds; null when it may be one. */
export async function otherFormat(path: string, text: string): Promise<Diagnostic | null> {
  const place = { file: path, line: 1, column: 1 };
  const refuse = (what: string): Diagnostic => ({
    severity: 'error',
    message: `${what} are not supported yet by virtune`,
    hint: CONVERT(path),
    place,
  });
  const extension = extname(path);
  const script = text.startsWith('#!');
  if (['.py', '.sh'].includes(extension) || (script && (await isExecutable(path))))
    return refuse('executable inventories');
  if (extension === '.toml') return refuse('TOML inventories');
  const yaml = ['.yml', '.yaml', '.json'].includes(extension);
  if (extension === '.ini' || (!yaml && looksLikeIni(text))) return refuse('INI inventories');
  if (yaml && looksLikeIni(text))
    return {
      ...refuse('INI inventories'),
      message: 'this looks like an INI inventory, which is not supported yet by virtune',
    };
  return null;
}

async function isExecutable(path: string): Promise<boolean> {
  return access(path, constants.X_OK).then(
    () => true,
    () => false,
  );
}

/** A `[section]` on a line of its own, or a first line such as `host1` or `host1 ansible_host=…`. */
function looksLikeIni(text: string): boolean {
  const lines = text.split('\n', 1000).map((line) => line.trimEnd());
  const first = lines.find((line) => line !== '' && !/^[#;]/.test(line)) ?? '';
  if (/^\[[\w.:-]+\]$/.test(first)) return true;
  if (!/^[\w.[\]:-]+(?:\s+[\w]+=\S+)*$/.test(first) || first.endsWith(':') || first === '---') return false;
  return /\s\w+=/.test(first) || lines.some((line) => /^\[[\w.:-]+\]$/.test(line));
}
