import { type Selection, selectTerms } from '../inventory/pattern.ts';
import { splitPattern, type Term, toTerm } from '../inventory/pattern_terms.ts';
import type { Diagnostic } from '../model/diagnostic.ts';
import type { Inventory } from '../model/inventory.ts';
import { readText } from './files.ts';

/**
 * The hosts that a `--limit` names: a pattern of which terms may be `@FILE`, a file with one term a line, such as the
 * list of failed hosts that another run has written. An empty file is an error; to Ansible it is no limit at all.
 */
export async function selectLimit(inventory: Inventory, limit: string): Promise<Selection> {
  const terms: Term[] = [];
  const diagnostics: Diagnostic[] = [];
  for (const term of splitPattern(limit)) {
    if (term.sign !== '' || !term.text.startsWith('@')) terms.push(term);
    else {
      const read = await readTerms(term.text.slice(1));
      for (const line of read.terms) terms.push(line);
      diagnostics.push(...read.diagnostics);
    }
  }
  if (diagnostics.length > 0) return { hosts: [], diagnostics };
  return selectTerms(inventory, terms, limit);
}

interface ReadTerms {
  readonly terms: readonly Term[];
  readonly diagnostics: readonly Diagnostic[];
}

async function readTerms(file: string): Promise<ReadTerms> {
  const { text, diagnostics } = await readText(file, 'limit file');
  if (text === null) return { terms: [], diagnostics };
  const terms = text.split('\n').flatMap((line, i) => {
    const column = line.length - line.trimStart().length + 1;
    return line.trim() === '' ? [] : [toTerm(line.trim(), { file, line: i + 1, column })];
  });
  if (terms.length > 0) return { terms, diagnostics };
  const message = `the limit file ${file} names no host`;
  return { terms, diagnostics: [{ severity: 'error', message, hint: 'write one host or pattern a line' }] };
}
