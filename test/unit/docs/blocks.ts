import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

const DOCS = resolve(import.meta.dirname, '../../../docs');

/** A fenced block of a page. */
export interface Block {
  /** '' where none is named. */
  readonly language: string;
  readonly text: string;
}

export function blocksOf(page: string): readonly Block[] {
  const text = readFileSync(join(DOCS, page), 'utf8');
  return [...text.matchAll(/^```(\w*)\n(.*?)^```$/gms)].map(([, language = '', inner = '']) => ({
    language,
    text: inner,
  }));
}

/** The one block of a page that has these words. */
export function blockWith(page: string, words: string): string {
  const found = blocksOf(page).filter(({ text }) => text.includes(words));
  if (found.length !== 1) throw new Error(`docs/${page} has ${found.length} blocks with "${words}"`);
  return found[0]?.text ?? '';
}
