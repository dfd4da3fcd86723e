import { copyEntryPlace } from '../yaml/places.ts';
import { type Callables, flag, textArg } from './args.ts';
import { contains, joinLists } from './operators.ts';
import { TemplateProblem } from './problem.ts';
import { compare, defined, isLazyMap, keysOf, keyText, toText } from './value.ts';
import { items, map, spend, toMap, type Work } from './work.ts';

/** Filters of maps. */
export const MAP_FILTERS: Callables<unknown> = {
  items: { params: [], run: (value, _args, { work }) => pairs(value, 'items', work) },
  dictsort: {
    params: ['case_sensitive', 'by', 'reverse'],
    run: (value, args, { work }) => {
      const at = args.by === 'value' ? 1 : 0;
      const fold = (item: unknown) =>
        typeof item === 'string' && !flag(args, 'case_sensitive') ? item.toLowerCase() : item;
      const sign = flag(args, 'reverse') ? -1 : 1;
      return pairs(value, 'dictsort', work).sort((a, b) => compare(fold(a[at]), fold(b[at])) * sign);
    },
  },
  dict2items: {
    params: ['key_name', 'value_name'],
    run: (value, args, { work }) => {
      const key = textArg(args, 'key_name', 'dict2items', 'key');
      const name = textArg(args, 'value_name', 'dict2items', 'value');
      return pairs(value, 'dict2items', work).map(([k, v]) =>
        toMap([
          [key, k],
          [name, v],
        ]),
      );
    },
  },
  items2dict: {
    params: ['key_name', 'value_name'],
    run: (value, args, { work, path }) => {
      const key = textArg(args, 'key_name', 'items2dict', 'key');
      const name = textArg(args, 'value_name', 'items2dict', 'value');
      return toMap(
        items(value, work, 'items2dict').map(
          (item) => [toText(path(item, [key])), defined(path(item, [name]))] as const,
        ),
      );
    },
  },
  combine: {
    params: ['*others'],
    run: (value, args, { work }) => {
      const named = (args.named ?? {}) as Readonly<Record<string, unknown>>;
      const wrong = Object.keys(named).find((name) => name !== 'recursive' && name !== 'list_merge');
      if (wrong !== undefined) throw new TemplateProblem(`combine has no argument "${wrong}"`);
      const listMerge = named.list_merge ?? 'replace';
      if (!['replace', 'keep', 'append', 'prepend', 'append_rp', 'prepend_rp'].includes(keyText(listMerge)))
        throw new TemplateProblem('combine takes replace, keep, append or prepend as "list_merge"');
      const maps = [value, ...(args.others as readonly unknown[])].flatMap((one) =>
        Array.isArray(one) ? (one as unknown[]) : [one],
      );
      const how = { recursive: flag(named, 'recursive'), listMerge: keyText(listMerge), work };
      return maps.map((one) => map(one, 'combine')).reduce((low, high) => combine(low, high, how), {});
    },
  },
};

interface How {
  readonly recursive: boolean;
  readonly listMerge: string;
  readonly work: Work;
}

type Map_ = Readonly<Record<string, unknown>>;

/** The keys of both, the second deciding; what came from which stays known. */
function combine(low: Map_, high: Map_, how: How): Map_ {
  spend(how.work, Object.keys(low).length + Object.keys(high).length);
  const made = toMap([low, high].flatMap((from) => keysOf(from).map((key) => [key, from[key]] as const)));
  for (const from of [low, high]) for (const key of keysOf(from)) copyEntryPlace(from, key, made, key);
  for (const key of Object.keys(high)) {
    if (!Object.hasOwn(low, key)) continue;
    const [a, b] = [low[key], high[key]];
    if (how.recursive && isPlainMap(a) && isPlainMap(b)) made[key] = combine(a, b, how);
    else if (Array.isArray(a) && Array.isArray(b)) made[key] = mergeLists(a, b, how);
  }
  return made;
}

function mergeLists(low: readonly unknown[], high: readonly unknown[], { listMerge, work }: How): unknown {
  const absent = (from: readonly unknown[], other: readonly unknown[]) =>
    from.filter((item) => !contains(other, item, work));
  switch (listMerge) {
    case 'keep':
      return low;
    case 'append':
      return joinLists([low, high], work);
    case 'prepend':
      return joinLists([high, low], work);
    case 'append_rp':
      return [...absent(low, high), ...high];
    case 'prepend_rp':
      return [...high, ...absent(low, high)];
    default:
      return high;
  }
}

function isPlainMap(value: unknown): value is Map_ {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function pairs(value: unknown, what: string, work: Work): [string, unknown][] {
  if (isLazyMap(value)) return value.keys().map((key) => [key, value.get(key)]);
  const found = map(value, what);
  const keys = keysOf(found);
  spend(work, keys.length);
  return keys.map((key) => [key, found[key]]);
}
