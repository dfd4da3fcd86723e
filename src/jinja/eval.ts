import { didYouMeanHint } from '../base/suggest.ts';
import { bind, type Caller, find, type Given } from './args.ts';
import { type Args, describe, type Node } from './ast.ts';
import { FILTERS, REFUSED_FILTERS } from './filters.ts';
import { callMethod } from './methods.ts';
import { operate } from './operators.ts';
import { TemplateProblem } from './problem.ts';
import { TESTS } from './tests.ts';
import { defined, isLazyMap, keyText, shown, sizeOf, truthy, Undefined } from './value.ts';
import { items, number, spend, toMap, type Work } from './work.ts';

/** Where names get their values. */
export interface Scope {
  readonly work: Work;
  /** The value of a variable, its own templates resolved; Undefined where there is none. */
  lookup(name: string): unknown;
  /** What `lookup(name, …)` gives: a value for each of its terms. */
  plugin(name: string, args: Given): readonly unknown[];
}

/** The value of an expression; Undefined where something in it is not there. @throws TemplateProblem */
export function evaluate(node: Node, scope: Scope): unknown {
  spend(scope.work);
  switch (node.type) {
    case 'literal':
      return node.value;
    case 'name':
      return scope.lookup(node.name);
    case 'list':
      return bounded(node.items.map((item) => value(item, scope)));
    case 'map':
      return bounded(
        toMap(node.entries.map(([key, item]) => [mapKey(value(key, scope)), value(item, scope)] as const)),
      );
    case 'unary': {
      const operand = value(node.operand, scope);
      if (node.operator === 'not') return !truthy(operand);
      return node.operator === '-' ? -number(operand, '"-"') : number(operand, '"+"');
    }
    case 'binary': {
      const left = value(node.left, scope);
      if (node.operator === 'and') return truthy(left) ? value(node.right, scope) : left;
      if (node.operator === 'or') return truthy(left) ? left : value(node.right, scope);
      return bounded(operate(node.operator, left, value(node.right, scope), scope.work));
    }
    case 'member':
      return member(evaluate(node.object, scope), value(node.key, scope), describe(node) ?? undefined);
    case 'slice':
      return slice(
        value(node.object, scope),
        [node.start, node.stop, node.step].map((part) => part && value(part, scope)),
        scope.work,
      );
    case 'filter':
      return caller(scope).filter(node.name, evaluate(node.operand, scope), given(node.args, scope));
    case 'test':
      return (
        caller(scope).test(node.name, evaluate(node.operand, scope), given(node.args, scope)) !== node.negated
      );
    case 'call':
      return call(node.callee, node.args, scope);
    case 'choice':
      if (truthy(value(node.test, scope))) return evaluate(node.yes, scope);
      return node.no === null
        ? new Undefined(
            new TemplateProblem('the condition does not hold, and there is no "else"', 'add "else …"', true),
          )
        : evaluate(node.no, scope);
  }
}

/** Of what templates make, values may stand in others again and again: their size grows faster than the work. */
function bounded(made: unknown): unknown {
  sizeOf(made);
  return made;
}

function value(node: Node, scope: Scope): unknown {
  return defined(evaluate(node, scope));
}

function given(args: Args, scope: Scope): Given {
  return {
    positional: args.positional.map((node) => value(node, scope)),
    named: new Map(args.named.map(([name, node]) => [name, value(node, scope)])),
  };
}

function mapKey(key: unknown): string {
  if (typeof key === 'string') return key;
  if (typeof key === 'number') return String(key);
  throw new TemplateProblem(`a key of a map must be a text, found ${shown(key)}`);
}

/** What stands under a key. Only what the value itself holds: no prototype is ever looked at. */
function member(object: unknown, key: unknown, name?: string): unknown {
  if (object instanceof Undefined) return object;
  const missing = (candidates: readonly string[]) => {
    const hint = didYouMeanHint(keyText(key), candidates);
    return new Undefined(
      new TemplateProblem(
        `"${name ?? keyText(key)}" is not defined`,
        hint ?? `found there: ${shown(object)}`,
        true,
      ),
    );
  };
  if (Array.isArray(object) || typeof object === 'string') {
    const index = typeof key === 'number' ? key : Number.NaN;
    const found: unknown = Number.isInteger(index) ? object.at(index) : undefined;
    return found === undefined ? missing([]) : found;
  }
  if (isLazyMap(object)) return object.get(keyText(key)) ?? missing(object.keys());
  if (typeof object !== 'object' || object === null) return missing([]);
  const text = keyText(key);
  return Object.hasOwn(object, text) ? (Reflect.get(object, text) as unknown) : missing(Object.keys(object));
}

/** Python's slices. */
function slice(object: unknown, parts: readonly unknown[], work: Work): unknown {
  if (typeof object !== 'string' && !Array.isArray(object))
    throw new TemplateProblem(`only a list or a text has parts, found ${shown(object)}`);
  const [start, stop, step] = parts.map((part) =>
    part === null ? null : Math.trunc(number(part, 'a slice')),
  );
  const by = step ?? 1;
  if (by === 0) throw new TemplateProblem('the step of a slice cannot be 0');
  const { length } = object;
  spend(work, length);
  const place = (at: number | null | undefined, fallback: number) => {
    if (at === null || at === undefined) return fallback;
    const absolute = at < 0 ? at + length : at;
    return by > 0 ? Math.min(Math.max(absolute, 0), length) : Math.min(Math.max(absolute, -1), length - 1);
  };
  const from = place(start, by > 0 ? 0 : length - 1);
  const to = place(stop, by > 0 ? length : -1);
  const picked: unknown[] = [];
  for (let at = from; by > 0 ? at < to : at > to; at += by) picked.push(object[at]);
  return typeof object === 'string' ? picked.join('') : picked;
}

function caller(scope: Scope): Caller {
  const { work } = scope;
  const self: Caller = {
    work,
    filter(name, operand, args) {
      spend(work);
      const why = REFUSED_FILTERS.get(name);
      if (why !== undefined) throw new TemplateProblem(`virtune has no filter "${name}"`, why);
      const filter = find(FILTERS, name, 'filter');
      const checked = filter.takesUndefined === true ? operand : defined(operand);
      return bounded(filter.run(checked, bind(name, filter.params, args), self));
    },
    test(name, operand, args) {
      spend(work);
      const test = find(TESTS, name, 'test');
      const checked = test.takesUndefined === true ? operand : defined(operand);
      return test.run(checked, bind(`the test "${name}"`, test.params, args), self);
    },
    path(object, path) {
      const keys = Array.isArray(path) ? (path as readonly unknown[]) : keyText(path).split('.');
      return keys.reduce(
        (found: unknown, key) =>
          member(
            found,
            typeof key === 'string' && /^\d+$/.test(key) && Array.isArray(found) ? Number(key) : key,
          ),
        object,
      );
    },
  };
  return self;
}

const MAX_RANGE = 10_000;

function call(callee: Node, args: Args, scope: Scope): unknown {
  if (callee.type === 'member' && callee.key.type === 'literal') {
    const object = value(callee.object, scope);
    return callMethod(object, String(callee.key.value), given(args, scope), scope.work);
  }
  const name = callee.type === 'name' ? callee.name : null;
  if (name === 'range') {
    const { start, stop, step: by } = bind('range', ['start', 'stop', 'step'], given(args, scope));
    const [first, second, step] = [start ?? 0, stop, by ?? 1].map((part) =>
      part === undefined ? part : number(part, 'range'),
    ) as [number, number | undefined, number];
    const [from, to] = second === undefined ? [0, first] : [first, second];
    const count = Math.max(0, Math.ceil((to - from) / step));
    if (!(count <= MAX_RANGE)) throw new TemplateProblem(`range makes at most ${MAX_RANGE} numbers`);
    spend(scope.work, count);
    return Array.from({ length: count }, (_, index) => from + index * step);
  }
  if (name === 'dict') return dictOf(given(args, scope), scope.work);
  if (name === 'lookup' || name === 'query' || name === 'q')
    return bounded(lookUp(given(args, scope), name !== 'lookup', scope));
  throw new TemplateProblem(
    name === null ? 'only a method can be called' : `virtune has no function "${name}"`,
    'functions of virtune: range, dict, lookup, query',
  );
}

/** Python's `dict`: of a map or a list of pairs, and of names. */
function dictOf({ positional, named }: Given, work: Work): unknown {
  if (positional.length > 1) throw new TemplateProblem('dict takes one map or list of pairs, and names');
  const [from] = positional;
  const isMap = typeof from === 'object' && from !== null && !Array.isArray(from);
  const pairs =
    from === undefined ? [] : items(isMap ? callMethod(from, 'items', NO_ARGS, work) : from, work, 'dict');
  const entries = pairs.map((pair): readonly [string, unknown] => {
    if (Array.isArray(pair) && pair.length === 2) return [mapKey(pair[0]), pair[1]];
    throw new TemplateProblem(`dict takes pairs of a key and a value, found ${shown(pair)}`);
  });
  return toMap([...entries, ...named]);
}

const NO_ARGS: Given = { positional: [], named: new Map() };

/** As Ansible's `lookup`: texts joined by commas, or else the list, or the one that is in it; `query` gives the list. */
function lookUp({ positional, named }: Given, asList: boolean, scope: Scope): unknown {
  const [name, ...terms] = positional;
  if (typeof name !== 'string')
    throw new TemplateProblem('a lookup begins with its name: lookup("env", "HOME")');
  const { wantlist = asList, ...options } = Object.fromEntries(named);
  const found = scope.plugin(name, { positional: terms, named: new Map(Object.entries(options)) });
  if (truthy(wantlist)) return found;
  if (found.every((one) => typeof one === 'string')) return found.join(',');
  return found.length === 1 ? found[0] : found;
}
