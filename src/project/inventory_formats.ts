import { extname } from 'node:path';
import { shellQuote } from '../base/quote.ts';
import type { Diagnostic } from '../model/diagnostic.ts';

/** How to make an inventory that virtune reads of one of another format. */
export function convertHint(path: string): string {
  return `convert it: ansible-inventory -i ${shellQuote(path)} --list --yaml > hosts.yml`;
}

/** Why a file is no YAML inventory, when it is one of Ansible's other kinds; null when it may be one. */
export function otherFormat(path: string, text: string): Diagnostic | null {
  const place = { file: path, line: 1, column: 1 };
  const refuse = (message: string, hint = convertHint(path)): Diagnostic => ({
    severity: 'error',
    message,
    hint,
    place,
  });
  const extension = extname(path);
  if (['.py', '.sh'].includes(extension))
    return refuse(
      'the inventory program may not be executed',
      `make it executable: chmod +x ${shellQuote(path)}`,
    );
  if (extension === '.toml') return refuse('TOML inventories are not supported by virtune');
  const yaml = ['.yml', '.yaml', '.json'].includes(extension);
  if (extension === '.ini' || (!yaml && looksLikeIni(text)))
    return refuse('INI inventories are not supported by virtune');
  if (yaml && looksLikeIni(text))
    return refuse('this looks like an INI inventory, which is not supported by virtune');
  return null;
}

/** A `[section]` on a line of its own, or a first line such as `host1` or `host1 ansible_host=…`. */
function looksLikeIni(text: string): boolean {
  const lines = text.split('\n', 1000).map((line) => line.trimEnd());
  const first = lines.find((line) => line !== '' && !/^[#;]/.test(line)) ?? '';
  if (/^\[[\w.:-]+\]$/.test(first)) return true;
  if (!/^[\w.[\]:-]+(?:\s+[\w]+=\S+)*$/.test(first) || first.endsWith(':') || first === '---') return false;
  return /\s\w+=/.test(first) || lines.some((line) => /^\[[\w.:-]+\]$/.test(line));
}
