import { type Callables, flag, need, textArg, type Values } from './args.ts';
import { TemplateProblem } from './problem.ts';
import { compileRegex, expandReplacement } from './regex.ts';
import { limited, MAX_TEXT, shown, TOO_LONG, toText } from './value.ts';
import { spend, type Work } from './work.ts';

const textual = (run: (text: string) => unknown) => ({
  params: [],
  run: (value: unknown) => run(toText(value)),
});

const flagsOf = (args: Values) => ({
  ignorecase: flag(args, 'ignorecase'),
  multiline: flag(args, 'multiline'),
});

/** Filters of texts. */
export const TEXT_FILTERS: Callables<unknown> = {
  upper: textual((text) => text.toUpperCase()),
  lower: textual((text) => text.toLowerCase()),
  capitalize: textual((text) => text.charAt(0).toUpperCase() + text.slice(1).toLowerCase()),
  title: textual((text) => text.toLowerCase().replace(/(^|[^\p{L}'’])(\p{L})/gu, (all) => all.toUpperCase())),
  string: textual((text) => text),
  basename: textual((text) => text.slice(text.lastIndexOf('/') + 1)),
  dirname: textual((text) => {
    const folder = text.slice(0, text.lastIndexOf('/') + 1);
    return /[^/]/.test(folder) ? folder.replace(/\/+$/, '') : folder;
  }),
  regex_escape: textual((text) => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')),
  trim: {
    params: ['chars'],
    run: (value, args) => {
      const text = toText(value);
      if (args.chars === undefined || args.chars === null) return text.trim();
      const chars = new Set(textArg(args, 'chars', 'trim'));
      let start = 0;
      let end = text.length;
      while (start < end && chars.has(text[start] as string)) start++;
      while (end > start && chars.has(text[end - 1] as string)) end--;
      return text.slice(start, end);
    },
  },
  replace: {
    params: ['old', 'new', 'count'],
    run: (value, args, { work }) => replaceText(toText(value), args, work),
  },
  split: {
    params: ['sep', 'maxsplit'],
    run: (value, args, { work }) => {
      const text = toText(value);
      spend(work, text.length);
      return splitText(text, args.sep, args.maxsplit);
    },
  },
  regex_replace: {
    params: ['pattern', 'replacement', 'ignorecase', 'multiline'],
    run: (value, args) => {
      const text = toText(value);
      const regex = compileRegex(need(args, 'pattern', 'regex_replace'), flagsOf(args), text.length);
      const replacement = textArg(args, 'replacement', 'regex_replace', '');
      const all = new RegExp(regex.source, `${regex.flags}g`);
      let out = '';
      let end = 0;
      for (const match of text.matchAll(all)) {
        out = limited(out + text.slice(end, match.index) + expandReplacement(replacement, match));
        end = match.index + match[0].length;
      }
      return out + text.slice(end);
    },
  },
  regex_search: {
    params: ['pattern', '*groups'],
    run: (value, args) => {
      const text = toText(value);
      const flags = flagsOf((args.named ?? {}) as Values);
      const match = compileRegex(need(args, 'pattern', 'regex_search'), flags, text.length).exec(text);
      const groups = (args.groups ?? []) as readonly unknown[];
      // Ansible gives none, which becomes an empty text.
      if (match === null) return groups.length > 0 ? null : '';
      return groups.length === 0 ? match[0] : groups.map((group) => expandReplacement(toText(group), match));
    },
  },
  regex_findall: {
    params: ['pattern', 'multiline', 'ignorecase'],
    run: (value, args, { work }) => {
      const text = toText(value);
      const regex = compileRegex(need(args, 'pattern', 'regex_findall'), flagsOf(args), text.length);
      const found = [...text.matchAll(new RegExp(regex.source, `${regex.flags}g`))];
      spend(work, found.length);
      return found.map((match) => {
        const groups = match.slice(1).map((group) => group ?? '');
        return groups.length > 1 ? groups : (groups[0] ?? match[0]);
      });
    },
  },
};

/** Python's replace: `old`, `new`, and how often at most. */
export function replaceText(text: string, args: Values, work: Work): string {
  const old = toText(need(args, 'old', 'replace'));
  const by = toText(need(args, 'new', 'replace'));
  // Python puts it between all characters and at both ends.
  const parts = old === '' ? ['', ...text, ''] : text.split(old);
  spend(work, parts.length);
  if (text.length + parts.length * by.length > MAX_TEXT) throw new TemplateProblem(TOO_LONG);
  const most = typeof args.count === 'number' && args.count >= 0 ? args.count : parts.length;
  return parts.map((part, index) => (index === 0 ? '' : index <= most ? by : old) + part).join('');
}

/** Python's split: without a separator at blanks, and none at the ends. */
export function splitText(text: string, separator: unknown, most: unknown): string[] {
  const limit = typeof most === 'number' && most >= 0 ? most : Number.POSITIVE_INFINITY;
  if (separator === undefined || separator === null) {
    const words = text.trim() === '' ? [] : text.trim().split(/\s+/);
    if (words.length <= limit + 1) return words;
    const rest = new RegExp(`^\\s*(?:\\S+\\s+){${limit}}`).exec(text)?.[0].length ?? 0;
    return [...words.slice(0, limit), text.slice(rest)];
  }
  if (typeof separator !== 'string' || separator === '')
    throw new TemplateProblem(`split takes a text as "sep", found ${shown(separator)}`);
  const parts = text.split(separator);
  return parts.length <= limit + 1 ? parts : [...parts.slice(0, limit), parts.slice(limit).join(separator)];
}
