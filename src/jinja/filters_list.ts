import { type Callables, type Caller, flag, need, textArg, type Values } from './args.ts';
import { joinLists } from './operators.ts';
import { TemplateProblem } from './problem.ts';
import { compare, defined, equal, limited, OMIT, toText, Undefined } from './value.ts';
import { items, number, spend, type Work } from './work.ts';

const lower = (value: unknown) => (typeof value === 'string' ? value.toLowerCase() : value);

/** By which values are compared: under an attribute, texts without upper and lower case unless asked for. */
function keyOf(args: Values, caller: Caller): (value: unknown) => unknown {
  const sensitive = flag(args, 'case_sensitive');
  return (value) => {
    const found =
      args.attribute === undefined || args.attribute === null
        ? value
        : defined(caller.path(value, args.attribute));
    return sensitive ? found : lower(found);
  };
}

/** The first or last of the values by their order. */
const extreme = (sign: 1 | -1) => ({
  params: ['case_sensitive', 'attribute'],
  run: (value: unknown, args: Values, caller: Caller) => {
    const list = items(value, caller.work, 'the filter');
    if (list.length === 0) return none('the list is empty');
    const key = keyOf(args, caller);
    return list.reduce((best, item) => (compare(key(item), key(best)) * sign > 0 ? item : best));
  },
});

function none(message: string): Undefined {
  return new Undefined(new TemplateProblem(message, 'give "| default(…)" after it', true));
}

const end = (at: 0 | -1) => ({
  params: [],
  run: (value: unknown, _args: Values, { work }: Caller) => {
    const list = items(value, work, at === 0 ? 'first' : 'last');
    return list.length === 0 ? none('the list is empty') : list.at(at);
  },
});

/** Union and the like: as Ansible's, in the first list's order, each value once. */
const sets = (make: (a: readonly unknown[], b: readonly unknown[], has: Has) => readonly unknown[]) => ({
  params: ['other'],
  run: (value: unknown, args: Values, { work }: Caller) => {
    const a = items(value, work, 'the filter');
    const b = items(need(args, 'other', 'the filter'), work, 'the filter');
    return unique(
      make(a, b, (list, item) => has(list, item, work)),
      work,
    );
  },
});

type Has = (list: readonly unknown[], item: unknown) => boolean;

const tables = new WeakMap<readonly unknown[], ReadonlySet<unknown>>();

function has(list: readonly unknown[], item: unknown, work: Work): boolean {
  let simple = tables.get(list);
  if (simple === undefined) {
    simple = new Set(list);
    tables.set(list, simple);
  }
  if (simple.has(item)) return true;
  if (typeof item === 'string') return false;
  spend(work, list.length);
  return list.some((other) => equal(other, item));
}

function unique(
  list: readonly unknown[],
  work: Work,
  key: (value: unknown) => unknown = (value) => value,
): unknown[] {
  const texts = new Set<unknown>();
  const others: unknown[] = [];
  return list.filter((item) => {
    const value = key(item);
    if (typeof value === 'string') return !texts.has(value) && texts.add(value) !== undefined;
    spend(work, others.length);
    if (others.some((other) => equal(other, value))) return false;
    others.push(value);
    return true;
  });
}

/** Filters of lists. Items stay the objects that they are, so that they keep their places. */
export const LIST_FILTERS: Callables<unknown> = {
  list: { params: [], run: (value, _args, { work }) => [...items(value, work, 'list')] },
  length: { params: [], run: (value, _args, { work }) => items(value, work, 'length').length },
  first: end(0),
  last: end(-1),
  min: extreme(-1),
  max: extreme(1),
  join: {
    params: ['d', 'attribute'],
    run: (value, args, caller) => {
      const list = items(value, caller.work, 'join');
      const texts = list.map((item) =>
        toText(args.attribute === undefined ? item : caller.path(item, args.attribute)),
      );
      return limited(texts.join(textArg(args, 'd', 'join', '')));
    },
  },
  sum: {
    params: ['attribute', 'start'],
    run: (value, args, caller) => {
      const start = number(args.start ?? 0, 'sum');
      const pick = (item: unknown) =>
        args.attribute === undefined || args.attribute === null
          ? item
          : defined(caller.path(item, args.attribute));
      return items(value, caller.work, 'sum').reduce(
        (total: number, item) => total + number(pick(item), 'sum'),
        start,
      );
    },
  },
  unique: {
    params: ['case_sensitive', 'attribute'],
    run: (value, args, caller) =>
      unique(items(value, caller.work, 'unique'), caller.work, keyOf(args, caller)),
  },
  sort: {
    params: ['reverse', 'case_sensitive', 'attribute'],
    run: (value, args, caller) => {
      const list = items(value, caller.work, 'sort');
      spend(caller.work, list.length * 4);
      const key = keyOf(args, caller);
      const sorted = list
        .map((item) => ({ item, key: key(item) }))
        .sort((a, b) => compare(a.key, b.key) * (flag(args, 'reverse') ? -1 : 1));
      return sorted.map(({ item }) => item);
    },
  },
  reverse: {
    params: [],
    run: (value, _args, { work }) =>
      typeof value === 'string' ? [...value].reverse().join('') : items(value, work, 'reverse').toReversed(),
  },
  flatten: {
    params: ['levels', 'skip_nulls'],
    run: (value, args, { work }) =>
      flatten(
        value,
        typeof args.levels === 'number' ? args.levels : 50,
        flag(args, 'skip_nulls', true),
        work,
      ),
  },
  zip: {
    params: ['other'],
    run: (value, args, { work }) => {
      const a = items(value, work, 'zip');
      const b = items(need(args, 'other', 'zip'), work, 'zip');
      return a.slice(0, b.length).map((item, index) => [item, b[index]]);
    },
  },
  union: sets((a, b) => joinLists([a, b], { left: Number.POSITIVE_INFINITY })),
  intersect: sets((a, b, inside) => a.filter((item) => inside(b, item))),
  difference: sets((a, b, inside) => a.filter((item) => !inside(b, item))),
  symmetric_difference: sets((a, b, inside) => [
    ...a.filter((item) => !inside(b, item)),
    ...b.filter((item) => !inside(a, item)),
  ]),
  select: { params: ['*rest'], run: (value, args, caller) => choose(value, args, caller, true, false) },
  reject: { params: ['*rest'], run: (value, args, caller) => choose(value, args, caller, false, false) },
  selectattr: { params: ['*rest'], run: (value, args, caller) => choose(value, args, caller, true, true) },
  rejectattr: { params: ['*rest'], run: (value, args, caller) => choose(value, args, caller, false, true) },
  map: { params: ['*rest'], run: mapList },
  extract: {
    params: ['container', 'morekeys'],
    run: (value, args, caller) => {
      const found = caller.path(need(args, 'container', 'extract'), [value]);
      return args.morekeys === undefined ? found : caller.path(found, args.morekeys);
    },
  },
};

function flatten(value: unknown, levels: number, skipNulls: boolean, work: Work): unknown[] {
  const out: unknown[] = [];
  for (const item of items(value, work, 'flatten')) {
    if (skipNulls && (item === null || item === 'None' || item === 'null')) continue;
    if (Array.isArray(item) && levels > 0) out.push(...flatten(item, levels - 1, skipNulls, work));
    else out.push(item);
  }
  return out;
}

/** The items, or those whose attribute, pass a test; without a test those that are true. */
function choose(
  value: unknown,
  args: Values,
  caller: Caller,
  wanted: boolean,
  byAttribute: boolean,
): unknown[] {
  const rest = args.rest as readonly unknown[];
  const attribute = byAttribute ? rest[0] : undefined;
  if (byAttribute && attribute === undefined)
    throw new TemplateProblem('the filter lacks the name of an attribute');
  const [test, ...others] = byAttribute ? rest.slice(1) : rest;
  const named = new Map(Object.entries((args.named ?? {}) as Values));
  return items(value, caller.work, 'the filter').filter((item) => {
    const found = byAttribute ? caller.path(item, attribute) : item;
    const passes =
      test === undefined
        ? caller.test('truthy', found, { positional: [], named: new Map() })
        : caller.test(toText(test), found, { positional: others, named });
    return passes === wanted;
  });
}

/** `map(attribute='a.b')`, or `map('filter', arguments)`. */
function mapList(value: unknown, args: Values, caller: Caller): unknown[] {
  const [filter, ...others] = args.rest as readonly unknown[];
  const named = new Map(Object.entries((args.named ?? {}) as Values));
  const list = items(value, caller.work, 'map');
  const attribute = named.get('attribute');
  if (attribute !== undefined) {
    return list.map((item) => {
      const found = caller.path(item, attribute);
      return found instanceof Undefined && named.has('default') ? named.get('default') : defined(found);
    });
  }
  if (typeof filter !== 'string')
    throw new TemplateProblem('map takes the name of a filter, or attribute="…"');
  return list
    .map((item) => defined(caller.filter(filter, item, { positional: others, named })))
    .filter((item) => item !== OMIT);
}
