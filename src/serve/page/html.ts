import { shorten } from '../../base/text.ts';
import { text } from '../../reporters/html/markup.ts';

/** HTML that {@link html} has made: nothing else is taken for it, whatever a request or a host says. */
class Markup {
  readonly #text: string;

  constructor(made: string) {
    this.#text = made;
  }

  toString(): string {
    return this.#text;
  }
}

export type Html = Markup;

/** What may stand in a template. Texts and numbers become text; what is absent becomes nothing. */
export type Part = Html | string | number | readonly Part[] | null | undefined | false;

/**
 * The one way in which this room makes HTML: literal parts as they stand, values as text within an element or within
 * double quotes, with controls and turning marks visible. An attribute's value stands in double quotes, which a test
 * holds, and no value stands in a script, a style or a comment.
 */
export function html(literal: TemplateStringsArray, ...values: readonly Part[]): Html {
  return new Markup(literal.reduce((made, next, index) => `${made}${written(values[index - 1])}${next}`));
}

function written(part: Part): string {
  if (part === null || part === undefined || part === false) return '';
  if (part instanceof Markup) return part.toString();
  if (typeof part === 'object') return part.map(written).join('');
  return text(String(part));
}

/** A name of somebody else's, cut where it is longer than a line. */
export function named(foreign: string, most = 120): string {
  return shorten(foreign, most);
}

/** An address of this page: `to('/ui/hosts', { name })`. */
export function to(
  path: string,
  query: Readonly<Record<string, string | number | null | undefined>> = {},
): string {
  const given = Object.entries(query).flatMap(([name, value]): [string, string][] =>
    value === null || value === undefined || value === '' ? [] : [[name, String(value)]],
  );
  return given.length === 0 ? path : `${path}?${new URLSearchParams(given)}`;
}
