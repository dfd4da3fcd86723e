import { type Html, html, type Part } from './html.ts';

export interface Column<T> {
  readonly title: string;
  readonly cell: (row: T) => Part;
  /** Numbers stand right. */
  readonly number?: true;
}

/**
 * A table whose first column names its rows; on a narrow screen each row becomes a block with the titles before the
 * cells.
 * @param empty what is said where there are no rows
 */
export function table<T>(
  caption: string,
  columns: readonly Column<T>[],
  rows: readonly T[],
  empty: string,
): Html {
  if (rows.length === 0) return html`<p class="dim">${empty}</p>`;
  const head = columns.map(({ title, number }) => html`<th scope="col"${kindOf(number)}>${title}</th>`);
  const body = rows.map((row) => {
    const cells = columns.map(({ title, cell, number }, index) =>
      index === 0
        ? html`<th scope="row">${cell(row)}</th>`
        : html`<td data-title="${title}"${kindOf(number)}>${cell(row)}</td>`,
    );
    return html`<tr>${cells}</tr>
`;
  });
  return html`<table><caption class="unseen">${caption}</caption><thead><tr>${head}</tr></thead><tbody>${body}</tbody></table>`;
}

function kindOf(number: true | undefined): Html {
  return number === true ? html` class="number"` : html``;
}

/** Links to the first and the following page of a list. */
export function pages(first: string | null, next: string | null): Html {
  if (first === null && next === null) return html``;
  return html`<nav class="pages" aria-label="Pages">${
    first === null ? '' : html`<a href="${first}" rel="first">First page</a>`
  } ${next === null ? '' : html`<a href="${next}" rel="next">Next page</a>`}</nav>`;
}

/** Names and what they stand for. */
export function facts(entries: readonly (readonly [name: string, value: Part])[]): Html {
  return html`<dl class="facts">${entries.map(([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`)}</dl>`;
}

/** A search that works without a script. */
export function search(path: string, label: string, value: string): Html {
  return html`<form class="search" role="search" action="${path}"><label for="q">${label}</label>
<input type="search" id="q" name="q" value="${value}" maxlength="100" autocomplete="off" spellcheck="false"> <button type="submit">Search</button></form>`;
}
