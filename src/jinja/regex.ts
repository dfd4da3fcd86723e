import { shorten } from '../base/text.ts';
import { TemplateProblem } from './problem.ts';

/** About what one search may cost, in steps of the engine: well below a second. */
const MAX_COST = 1e8;

/**
 * A regular expression of Python as one of JavaScript's, refused where it could take long on a text of this length:
 * the engine has no time limit, so the cost is estimated before.
 */
export function compileRegex(
  pattern: unknown,
  flags: { ignorecase?: boolean; multiline?: boolean },
  length: number,
): RegExp {
  if (typeof pattern !== 'string') throw new TemplateProblem('a regular expression must be a text');
  let source = pattern;
  let letters = `${flags.ignorecase ? 'i' : ''}${flags.multiline ? 'm' : ''}`;
  const inline = /^\(\?([ims]+)\)/.exec(source);
  if (inline !== null) {
    letters += inline[1];
    source = source.slice(inline[0].length);
  }
  source = withPythonsForms(source)
    .replaceAll('(?P<', '(?<')
    .replace(/\(\?P=(\w+)\)/g, '\\k<$1>')
    .replaceAll('\\A', '^')
    .replaceAll('\\Z', '$(?![^])');
  if (cost(source, length) > Math.log(MAX_COST)) {
    const hint = 'no repetition within a repetition; fewer "*" and "+"; a start "^"';
    throw new TemplateProblem(`the regular expression "${shorten(pattern)}" may take too long`, hint);
  }
  try {
    return new RegExp(source, [...new Set(letters)].join(''));
  } catch {
    throw new TemplateProblem(
      `"${shorten(pattern)}" is no regular expression`,
      'see https://docs.python.org/library/re.html',
    );
  }
}

/** What means something else in JavaScript, without an error: a set that begins with its "]", and `{,3}`. */
function withPythonsForms(source: string): string {
  let made = '';
  for (let at = 0; at < source.length; at++) {
    const char = source[at] as string;
    const [most] = /^\{,\d*\}/.exec(source.slice(at, at + 24)) ?? [];
    if (char === '\\') made += source.slice(at, ++at + 1);
    else if (most !== undefined) {
      made += `{0${most.slice(1)}`;
      at += most.length - 1;
    } else if (char === '[') {
      const end = classEnd(source, at);
      made += source.slice(at, end + 1).replace(/^(\[\^?)\]/, '$1\\]');
      at = end;
    } else made += char;
  }
  return made;
}

/** The logarithm of the steps of a backtracking search: each unbounded repetition tries every length of the text. */
function cost(source: string, length: number): number {
  const perRepetition = Math.log(Math.max(2, length));
  let total = source.startsWith('^') ? 0 : perRepetition;
  // Whether the groups that are open have a repetition or a choice in them.
  const groups: boolean[] = [];
  let last: boolean = false;
  for (let at = 0; at < source.length; at++) {
    const char = source[at] as string;
    if (char === '\\') {
      if (/[1-9k]/.test(source[at + 1] ?? '')) total += perRepetition;
      at++;
      last = false;
    } else if (char === '[') {
      at = classEnd(source, at);
      last = false;
    } else if (char === '(') {
      groups.push(false);
      if (source.startsWith('(?<', at) && /[=!]/.test(source[at + 3] ?? '')) total += perRepetition;
      if (source[at + 1] === '?') at++;
    } else if (char === ')') {
      last = groups.pop() ?? false;
      if (last && groups.length > 0) groups[groups.length - 1] = true;
    } else if (char === '|') {
      if (groups.length > 0) groups[groups.length - 1] = true;
    } else {
      const repeat = /^(?:[*+]|\{(\d*)(,?)(\d*)\}|\?)/.exec(source.slice(at, at + 24));
      if (repeat === null) {
        last = false;
        continue;
      }
      const most =
        repeat[0] === '?'
          ? 2
          : repeat[1] === undefined
            ? length
            : Number(repeat[3] || (repeat[2] ? length : repeat[1]) || 1);
      if (last && most > 2) return Number.POSITIVE_INFINITY;
      if (repeat[2] !== '' || repeat[1] === undefined)
        total += Math.min(perRepetition, Math.log(Math.max(2, most)));
      if (groups.length > 0) groups[groups.length - 1] = true;
      at += repeat[0].length - 1;
      // Lazy and possessive marks.
      if (source[at + 1] === '?') at++;
      last = false;
    }
  }
  return total;
}

function classEnd(source: string, start: number): number {
  let at = start + 1;
  if (source[at] === '^') at++;
  if (source[at] === ']') at++;
  while (at < source.length && source[at] !== ']') at += source[at] === '\\' ? 2 : 1;
  return at;
}

/** Python's replacement: `\1`, `\g<1>` and `\g<name>` name groups; `$` is a character. */
export function expandReplacement(replacement: string, match: RegExpMatchArray): string {
  return replacement.replace(
    /\\(?:g<(\w+)>|(\d{1,2})|([nt\\]))/g,
    (whole: string, name?: string, digits?: string, char?: string) => {
      if (char !== undefined) return char === 'n' ? '\n' : char === 't' ? '\t' : '\\';
      const key = name ?? digits ?? '';
      if (/^\d+$/.test(key)) return match[Number(key)] ?? '';
      const groups = match.groups;
      return groups !== undefined && Object.hasOwn(groups, key) ? (groups[key] ?? '') : whole;
    },
  );
}
