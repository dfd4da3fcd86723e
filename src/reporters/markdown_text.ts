import { printable } from '../base/text.ts';

/**
 * Foreign text as GitHub-flavoured Markdown: within code, where nothing is a link, a mention, an element or markup.
 * Code spans end at the first run of as many backticks as they began with (CommonMark 6.1), so that they begin with one
 * more than the text has in a row.
 */
export function codeSpan(text: string): string {
  const shown = printable(text) || ' ';
  const ticks = '`'.repeat(longestRun(shown) + 1);
  // One blank on each side is stripped; without it a tick at the edge would belong to the fence.
  const pad = shown !== ' ' && /^[` ]|[` ]$/.test(shown) ? ' ' : '';
  return `${ticks}${pad}${shown}${pad}${ticks}`;
}

/** The same in a cell of a table, where a pipe ends the cell even in code. */
export function codeCell(text: string): string {
  return codeSpan(text).replaceAll('|', '\\|');
}

/** Lines as a block, e.g. with the language `diff`. */
export function codeBlock(language: string, lines: readonly string[]): string {
  const shown = lines.map(printable).join('\n');
  const fence = '`'.repeat(Math.max(3, longestRun(shown) + 1));
  return `${fence}${language}\n${shown}\n${fence}\n`;
}

function longestRun(text: string): number {
  return Math.max(0, ...(text.match(/`+/g) ?? []).map((run) => run.length));
}
