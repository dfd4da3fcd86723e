import type { Args, Node, Statement } from './ast.ts';
import { TemplateProblem } from './problem.ts';
import { NEGATED_PREFIX, TEST_PREFIX } from './tokens.ts';

/** A node of the library's parser, whose classes are not exported: its fields are read by their names. */
type Raw = Readonly<Record<string, unknown>> & { readonly type: string };

const STATEMENTS: Readonly<Record<string, string>> = {
  Macro: 'macro',
  CallStatement: 'call',
  FilterStatement: 'filter',
  Break: 'break',
  Continue: 'continue',
};

const WORDS: ReadonlyMap<string, boolean | null> = new Map([
  ['true', true],
  ['True', true],
  ['false', false],
  ['False', false],
  ['none', null],
  ['None', null],
]);

/** Statements of the library's tree as virtune's own. @throws TemplateProblem for what virtune has not */
export function lowerBody(body: unknown): readonly Statement[] {
  return (body as readonly Raw[]).flatMap((raw): Statement[] => {
    switch (raw.type) {
      case 'Comment':
        return [];
      case 'If':
        return [
          {
            type: 'if',
            test: lower(raw.test),
            body: lowerBody(raw.body),
            otherwise: lowerBody(raw.alternate),
          },
        ];
      case 'For':
        return [lowerFor(raw)];
      case 'Set':
        return [lowerSet(raw)];
      default: {
        const name = STATEMENTS[raw.type];
        if (name !== undefined) throw new TemplateProblem(`"{% ${name} %}" is not supported by virtune`);
        return [{ type: 'output', value: lower(raw) }];
      }
    }
  });
}

function lowerFor(raw: Raw): Statement {
  const loop = raw.loopvar as Raw;
  const names = loop.type === 'Identifier' ? [loop] : (loop.value as readonly Raw[]);
  const iterable = raw.iterable as Raw;
  const filtered = iterable.type === 'SelectExpression';
  return {
    type: 'for',
    names: names.map((name) => String(name.value)),
    iterable: lower(filtered ? iterable.lhs : iterable),
    filter: filtered ? lower(iterable.test) : null,
    body: lowerBody(raw.body),
    otherwise: lowerBody(raw.defaultBlock),
  };
}

function lowerSet(raw: Raw): Statement {
  const target = raw.assignee as Raw;
  if (target.type !== 'Identifier' || raw.value === null)
    throw new TemplateProblem('"{% set %}" takes one name and one value: "{% set x = 1 %}"');
  return { type: 'set', name: String(target.value), value: lower(raw.value) };
}

/** An expression of the library's tree as virtune's own. */
export function lower(value: unknown): Node {
  const raw = value as Raw;
  switch (raw.type) {
    case 'Identifier':
      return lowerName(String(raw.value));
    case 'IntegerLiteral':
    case 'FloatLiteral':
    case 'StringLiteral':
      return { type: 'literal', value: raw.value as string | number };
    case 'ArrayLiteral':
    case 'TupleLiteral':
      return { type: 'list', items: (raw.value as readonly Raw[]).map(lower) };
    case 'ObjectLiteral': {
      const entries = [...(raw.value as ReadonlyMap<Raw, Raw>)];
      return { type: 'map', entries: entries.map(([key, item]) => [lower(key), lower(item)] as const) };
    }
    case 'UnaryExpression': {
      const operator = operatorOf(raw) as 'not' | '-' | '+';
      return { type: 'unary', operator, operand: lower(raw.argument) };
    }
    case 'BinaryExpression':
      return lowerBinary(raw);
    case 'MemberExpression':
      return lowerMember(raw);
    case 'FilterExpression':
      return lowerFilter(raw);
    case 'CallExpression':
      return { type: 'call', callee: lower(raw.callee), args: lowerArgs(raw.args) };
    case 'Ternary':
      return {
        type: 'choice',
        test: lower(raw.condition),
        yes: lower(raw.trueExpr),
        no: lower(raw.falseExpr),
      };
    case 'SelectExpression':
      return { type: 'choice', test: lower(raw.test), yes: lower(raw.lhs), no: null };
    default:
      throw new TemplateProblem(`${raw.type} is not supported by virtune`);
  }
}

function lowerName(name: string): Node {
  const word = WORDS.get(name);
  return word === undefined ? { type: 'name', name } : { type: 'literal', value: word };
}

const COMPARISONS = new Set(['==', '!=', '<', '<=', '>', '>=', 'in', 'not in']);

function lowerBinary(raw: Raw): Node {
  const operator = operatorOf(raw);
  const left = lower(raw.left);
  const right = lower(raw.right);
  // Python chains them, the parser does not, and the difference would be silent.
  if (COMPARISONS.has(operator) && left.type === 'binary' && COMPARISONS.has(left.operator))
    throw new TemplateProblem(
      'comparisons in a chain are not supported by virtune',
      'write "a < b and b < c"',
    );
  return { type: 'binary', operator, left, right };
}

function lowerMember(raw: Raw): Node {
  const object = lower(raw.object);
  const property = raw.property as Raw;
  if (property.type === 'SliceExpression') {
    const part = (value: unknown) => (value === undefined || value === null ? null : lower(value));
    return {
      type: 'slice',
      object,
      start: part(property.start),
      stop: part(property.stop),
      step: part(property.step),
    };
  }
  if (raw.computed === true) return { type: 'member', object, key: lower(property) };
  return { type: 'member', object, key: { type: 'literal', value: property.value as string | number } };
}

function lowerFilter(raw: Raw): Node {
  const filter = raw.filter as Raw;
  const called = filter.type === 'CallExpression';
  const callee = (called ? filter.callee : filter) as Raw;
  if (callee.type !== 'Identifier')
    throw new TemplateProblem(
      'a filter can only be followed by another one',
      'put the part before it in ( )',
    );
  const operand = lower(raw.operand);
  const args = called ? lowerArgs(filter.args) : { positional: [], named: [] };
  const name = String(callee.value);
  if (name.startsWith(NEGATED_PREFIX))
    return { type: 'test', name: bare(name.slice(NEGATED_PREFIX.length)), negated: true, operand, args };
  if (name.startsWith(TEST_PREFIX))
    return { type: 'test', name: bare(name.slice(TEST_PREFIX.length)), negated: false, operand, args };
  return { type: 'filter', name: bare(name), operand, args };
}

function bare(name: string): string {
  return name.replace(/^ansible\.builtin\./, '');
}

function lowerArgs(list: unknown): Args {
  const positional: Node[] = [];
  const named: (readonly [string, Node])[] = [];
  for (const raw of list as readonly Raw[]) {
    if (raw.type === 'SpreadExpression' || raw.type === 'KeywordSpreadExpression')
      throw new TemplateProblem('"*" and "**" before an argument are not supported by virtune');
    if (raw.type === 'KeywordArgumentExpression')
      named.push([String((raw.key as Raw).value), lower(raw.value)]);
    else positional.push(lower(raw));
  }
  return { positional, named };
}

function operatorOf(raw: Raw): string {
  return String((raw.operator as Raw).value);
}
