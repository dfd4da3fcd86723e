import { bind, type Given, need, type Values } from './args.ts';
import { replaceText, splitText } from './filters_text.ts';
import { contains } from './operators.ts';
import { TemplateProblem } from './problem.ts';
import { isLazyMap, limited, shown, toText, typeName } from './value.ts';
import { items, spend, type Work } from './work.ts';

/** A method of one kind of Python's values; what it does not take is an error, and never passed over. */
interface Method<T> {
  readonly params: readonly string[];
  readonly run: (object: T, args: Values, work: Work) => unknown;
}

type Methods<T> = Readonly<Record<string, Method<T>>>;

/** The methods of Python's values that playbooks use: `name.split('-')`, `map.items()`, `map.get('key', 1)`. */
export function callMethod(object: unknown, name: string, given: Given, work: Work): unknown {
  if (typeof object === 'string') spend(work, 1 + object.length / 10);
  const methods = methodsOf(object);
  if (methods !== null && Object.hasOwn(methods, name)) {
    const { params, run } = methods[name] as Method<unknown>;
    return run(object, bind(`"${name}" of ${typeName(object)}`, params, given), work);
  }
  const hint = ['append', 'extend', 'update', 'pop', 'remove'].includes(name)
    ? 'templates change no value: use "+" or combine'
    : undefined;
  throw new TemplateProblem(`virtune has no method "${name}" of ${typeName(object)}`, hint);
}

function methodsOf(object: unknown): Methods<never> | null {
  if (typeof object === 'string') return TEXT_METHODS;
  if (Array.isArray(object)) return LIST_METHODS;
  return typeof object === 'object' && object !== null ? MAP_METHODS : null;
}

const affix = (check: 'startsWith' | 'endsWith', word: string): Method<string> => ({
  params: [word],
  run: (text, args) => {
    const words = need(args, word, check.toLowerCase());
    return (Array.isArray(words) ? words : [words]).some((one) => text[check](toText(one)));
  },
});

const strip = (left: boolean, right: boolean): Method<string> => ({
  params: ['chars'],
  run: (text, { chars }) => {
    const set = typeof chars === 'string' ? new Set(chars) : null;
    const isOut = (char: string) => (set === null ? /\s/.test(char) : set.has(char));
    let start = 0;
    let end = text.length;
    while (left && start < end && isOut(text[start] as string)) start++;
    while (right && end > start && isOut(text[end - 1] as string)) end--;
    return text.slice(start, end);
  },
});

const plain = (run: (text: string) => unknown): Method<string> => ({ params: [], run });

const TEXT_METHODS: Methods<string> = {
  split: { params: ['sep', 'maxsplit'], run: (text, { sep, maxsplit }) => splitText(text, sep, maxsplit) },
  splitlines: plain((text) => (text === '' ? [] : text.replace(/(?:\r\n|\r|\n)$/, '').split(/\r\n|\r|\n/))),
  startswith: affix('startsWith', 'prefix'),
  endswith: affix('endsWith', 'suffix'),
  upper: plain((text) => text.toUpperCase()),
  lower: plain((text) => text.toLowerCase()),
  strip: strip(true, true),
  lstrip: strip(true, false),
  rstrip: strip(false, true),
  replace: { params: ['old', 'new', 'count'], run: replaceText },
  join: {
    params: ['list'],
    run: (text, args, work) =>
      limited(
        items(need(args, 'list', 'join'), work, 'join')
          .map(toText)
          .join(text),
      ),
  },
  isdigit: plain((text) => /^\d+$/.test(text)),
  find: { params: ['part'], run: (text, args) => text.indexOf(toText(need(args, 'part', 'find'))) },
  count: {
    params: ['part'],
    run: (text, args) => {
      const part = toText(need(args, 'part', 'count'));
      return part === '' ? text.length + 1 : text.split(part).length - 1;
    },
  },
};

const get = (map: object, key: string): unknown =>
  isLazyMap(map) ? map.get(key) : Object.hasOwn(map, key) ? Reflect.get(map, key) : undefined;
const keysOf = (map: object, work: Work) => items(map, work, 'the method') as readonly string[];

const MAP_METHODS: Methods<object> = {
  keys: { params: [], run: (map, _args, work) => [...keysOf(map, work)] },
  values: { params: [], run: (map, _args, work) => keysOf(map, work).map((key) => get(map, key)) },
  items: { params: [], run: (map, _args, work) => keysOf(map, work).map((key) => [key, get(map, key)]) },
  get: {
    params: ['key', 'default'],
    run: (map, args) => {
      const found = get(map, toText(need(args, 'key', 'get')));
      return found === undefined ? (args.default ?? null) : found;
    },
  },
};

const LIST_METHODS: Methods<readonly unknown[]> = {
  index: {
    params: ['item'],
    run: (list, args, work) => {
      const item = need(args, 'item', 'index');
      const at = list.findIndex((one) => contains([one], item, work));
      if (at >= 0) return at;
      throw new TemplateProblem(`the list has no item ${shown(item)}`);
    },
  },
  count: {
    params: ['item'],
    run: (list, args, work) => {
      const item = need(args, 'item', 'count');
      return list.filter((one) => contains([one], item, work)).length;
    },
  },
};
