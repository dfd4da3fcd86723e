import { type Callables, flag, need, type Values } from './args.ts';
import { contains } from './operators.ts';
import { TemplateProblem } from './problem.ts';
import { compileRegex } from './regex.ts';
import { compare, equal, truthy, Undefined } from './value.ts';
import { items, number } from './work.ts';

type Check = (value: unknown) => boolean;

const plain = (run: Check) => ({ params: [], run });

const isMap: Check = (value) => typeof value === 'object' && value !== null && !Array.isArray(value);
const isNumber: Check = (value) => typeof value === 'number';

const compared = (holds: (order: number) => boolean) => ({
  params: ['other'],
  run: (value: unknown, args: Values) => holds(compare(value, need(args, 'other', 'the test'))),
});

const equality = (expected: boolean) => ({
  params: ['other'],
  run: (value: unknown, args: Values) => equal(value, need(args, 'other', 'the test')) === expected,
});

/** `match` begins at the start, `fullmatch` ends at the end, `search` is anywhere. */
const matching = (before: string, after: string) => ({
  params: ['pattern', 'ignorecase', 'multiline'],
  run: (value: unknown, args: Values) => {
    if (typeof value !== 'string')
      throw new TemplateProblem('a regular expression looks at a text', 'write "| string" first');
    const pattern = need(args, 'pattern', 'the test');
    const flags = { ignorecase: flag(args, 'ignorecase'), multiline: flag(args, 'multiline') };
    const regex = compileRegex(pattern, flags, value.length);
    if (before === '') return regex.test(value);
    // Sticky: from the first character on, whatever flags the pattern has.
    const sticky = new RegExp(`(?:${regex.source})${after}`, `${regex.flags}y`);
    return sticky.test(value);
  },
});

const lessThan = compared((order) => order < 0);
const atMost = compared((order) => order <= 0);
const moreThan = compared((order) => order > 0);
const atLeast = compared((order) => order >= 0);

/** Of containers all items, or one, are true. */
const truths = (run: 'every' | 'some') =>
  plain((value) => (Array.isArray(value) ? value[run](truthy) : false));

const subset = (turned: boolean) => ({
  params: ['other'],
  run: (value: unknown, args: Values, { work }: Parameters<Callables<boolean>[string]['run']>[2]) => {
    const other = items(need(args, 'other', 'the test'), work, 'the test');
    const own = items(value, work, 'the test');
    const [small, large] = turned ? [other, own] : [own, other];
    return small.every((item) => contains(large, item, work));
  },
});

/** Jinja's tests and Ansible's that make sense here, by their names. */
export const TESTS: Callables<boolean> = {
  defined: { params: [], takesUndefined: true, run: (value) => !(value instanceof Undefined) },
  undefined: { params: [], takesUndefined: true, run: (value) => value instanceof Undefined },
  none: plain((value) => value === null),
  boolean: plain((value) => typeof value === 'boolean'),
  true: plain((value) => value === true),
  false: plain((value) => value === false),
  number: plain((value) => isNumber(value) || typeof value === 'boolean'),
  integer: plain((value) => Number.isInteger(value)),
  float: plain((value) => isNumber(value) && !Number.isInteger(value)),
  string: plain((value) => typeof value === 'string'),
  mapping: plain(isMap),
  iterable: plain((value) => typeof value === 'string' || (typeof value === 'object' && value !== null)),
  sequence: plain((value) => typeof value === 'string' || (typeof value === 'object' && value !== null)),
  lower: plain(
    (value) => typeof value === 'string' && value === value.toLowerCase() && value !== value.toUpperCase(),
  ),
  upper: plain(
    (value) => typeof value === 'string' && value === value.toUpperCase() && value !== value.toLowerCase(),
  ),
  odd: plain((value) => Math.abs(number(value, 'the test')) % 2 === 1),
  even: plain((value) => number(value, 'the test') % 2 === 0),
  divisibleby: {
    params: ['num'],
    run: (value, args) => number(value, 'the test') % number(need(args, 'num', 'the test'), 'the test') === 0,
  },
  in: {
    params: ['seq'],
    run: (value, args, { work }) => contains(need(args, 'seq', 'the test'), value, work),
  },
  contains: {
    params: ['item'],
    run: (value, args, { work }) => contains(value, need(args, 'item', 'the test'), work),
  },
  eq: equality(true),
  '==': equality(true),
  equalto: equality(true),
  sameas: { params: ['other'], run: (value, args) => Object.is(value, args.other) },
  ne: equality(false),
  '!=': equality(false),
  lt: lessThan,
  '<': lessThan,
  lessthan: lessThan,
  le: atMost,
  '<=': atMost,
  gt: moreThan,
  '>': moreThan,
  greaterthan: moreThan,
  ge: atLeast,
  '>=': atLeast,
  match: matching('^', ''),
  fullmatch: matching('^', '$'),
  search: matching('', ''),
  regex: matching('', ''),
  truthy: plain(truthy),
  falsy: plain((value) => !truthy(value)),
  all: truths('every'),
  any: truths('some'),
  subset: subset(false),
  issubset: subset(false),
  superset: subset(true),
  issuperset: subset(true),
};
