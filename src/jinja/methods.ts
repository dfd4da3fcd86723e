import { splitText } from './filters_text.ts';
import { contains } from './operators.ts';
import { TemplateProblem } from './problem.ts';
import { isLazyMap, limited, MAX_TEXT, shown, TOO_LONG, toText, typeName } from './value.ts';
import { items, spend, type Work } from './work.ts';

/** The methods of Python's values that playbooks use: `name.split('-')`, `map.items()`, `map.get('key', 1)`. */
export function callMethod(object: unknown, name: string, args: readonly unknown[], work: Work): unknown {
  if (typeof object === 'string') {
    const method = Object.hasOwn(TEXT_METHODS, name) ? TEXT_METHODS[name] : undefined;
    spend(work, 1 + object.length / 10);
    if (method !== undefined) return method(object, args, work);
  } else if (isLazyMap(object) || (typeof object === 'object' && object !== null && !Array.isArray(object))) {
    const get = (key: string) =>
      isLazyMap(object) ? object.get(key) : Object.hasOwn(object, key) ? Reflect.get(object, key) : undefined;
    const keys = items(object, work, 'the method') as readonly string[];
    if (name === 'keys') return [...keys];
    if (name === 'values') return keys.map(get);
    if (name === 'items') return keys.map((key) => [key, get(key)]);
    if (name === 'get') {
      const found = get(toText(args[0]));
      return found === undefined ? (args[1] ?? null) : found;
    }
  } else if (Array.isArray(object)) {
    if (name === 'index') {
      const at = object.findIndex((item) => contains([item], args[0], work));
      if (at >= 0) return at;
      throw new TemplateProblem(`the list has no item ${shown(args[0])}`);
    }
    if (name === 'count') return object.filter((item) => contains([item], args[0], work)).length;
  }
  const hint = ['append', 'extend', 'update', 'pop', 'remove'].includes(name)
    ? 'templates change no value: use "+" or combine'
    : undefined;
  throw new TemplateProblem(`virtune has no method "${name}" of ${typeName(object)}`, hint);
}

type TextMethod = (text: string, args: readonly unknown[], work: Work) => unknown;

const affix =
  (check: 'startsWith' | 'endsWith'): TextMethod =>
  (text, [words]) =>
    (Array.isArray(words) ? words : [words]).some((word) => text[check](toText(word)));

const strip =
  (left: boolean, right: boolean): TextMethod =>
  (text, [chars]) => {
    const set = typeof chars === 'string' ? new Set(chars) : null;
    const isOut = (char: string) => (set === null ? /\s/.test(char) : set.has(char));
    let start = 0;
    let end = text.length;
    while (left && start < end && isOut(text[start] as string)) start++;
    while (right && end > start && isOut(text[end - 1] as string)) end--;
    return text.slice(start, end);
  };

const TEXT_METHODS: Readonly<Record<string, TextMethod>> = {
  split: (text, [separator, most]) => splitText(text, separator, most),
  splitlines: (text) => text.replace(/\n$/, '').split('\n'),
  startswith: affix('startsWith'),
  endswith: affix('endsWith'),
  upper: (text) => text.toUpperCase(),
  lower: (text) => text.toLowerCase(),
  strip: strip(true, true),
  lstrip: strip(true, false),
  rstrip: strip(false, true),
  replace: (text, [old, by]) => {
    const parts = text.split(toText(old));
    const put = toText(by);
    if (text.length + parts.length * put.length > MAX_TEXT) throw new TemplateProblem(TOO_LONG);
    return limited(parts.join(put));
  },
  join: (text, [list], work) => limited(items(list, work, 'join').map(toText).join(text)),
  isdigit: (text) => /^\d+$/.test(text),
  find: (text, [part]) => text.indexOf(toText(part)),
  count: (text, [part]) => (toText(part) === '' ? text.length + 1 : text.split(toText(part)).length - 1),
};
