import type { Diagnostic } from '../model/diagnostic.ts';
import { parseHostName } from './host_name.ts';
import type { ParsedInventory, Statement } from './statements.ts';

/**
 * An inventory given on the command line: hosts with commas between, `host1,host2:2222,hv[01:03]`. Those that sources
 * before it have named stay as they are.
 */
export function parseHostList(text: string): ParsedInventory {
  const statements: Statement[] = [];
  const diagnostics: Diagnostic[] = [];
  for (const part of text.split(',')) {
    const written = part.trim();
    if (written === '') continue;
    const named = parseHostName(written, 'one host between two commas');
    if (!named.ok) {
      diagnostics.push({ severity: 'error', message: named.message, hint: named.hint });
      continue;
    }
    for (const host of named.hosts) {
      statements.push({ kind: 'host', group: 'ungrouped', host, vars: {}, port: named.port, onlyNew: true });
    }
  }
  return { statements, diagnostics };
}
