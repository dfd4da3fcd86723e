import { copyEntryPlace } from '../yaml/places.ts';
import { TemplateProblem } from './problem.ts';
import {
  compare,
  equal,
  isLazyMap,
  keyText,
  limited,
  MAX_TEXT,
  TOO_LONG,
  toText,
  typeName,
} from './value.ts';
import { finite, spend, type Work } from './work.ts';

/** Jinja's operators except `and` and `or`, as Python has them. */
export function operate(operator: string, left: unknown, right: unknown, work: Work): unknown {
  switch (operator) {
    case '==':
      return equal(left, right);
    case '!=':
      return !equal(left, right);
    case '<':
      return compare(left, right) < 0;
    case '<=':
      return compare(left, right) <= 0;
    case '>':
      return compare(left, right) > 0;
    case '>=':
      return compare(left, right) >= 0;
    case 'in':
      return contains(right, left, work);
    case 'not in':
      return !contains(right, left, work);
    case '~':
      return limited(toText(left) + toText(right));
    case '+':
      if (typeof left === 'string' && typeof right === 'string') return limited(left + right);
      if (Array.isArray(left) && Array.isArray(right)) return joinLists([left, right], work);
      break;
    case '*':
      if (typeof left === 'string' && typeof right === 'number') return repeat(left, right);
      break;
    case '%':
      if (typeof left === 'string')
        throw new TemplateProblem('"%" on texts is not supported by virtune', 'use "~" to join texts');
      break;
  }
  return calculate(operator, left, right);
}

function calculate(operator: string, left: unknown, right: unknown): number {
  const both = [left, right].map((value) => (typeof value === 'boolean' ? Number(value) : value));
  const [a, b] = both;
  if (typeof a !== 'number' || typeof b !== 'number') {
    const hint = [left, right].some((value) => typeof value === 'string')
      ? operator === '+'
        ? 'join texts with "~", or make a number with "| int"'
        : 'make a number with "| int"'
      : undefined;
    throw new TemplateProblem(
      `"${operator}" does not work on ${typeName(left)} and ${typeName(right)}`,
      hint,
    );
  }
  if (b === 0 && ['/', '//', '%'].includes(operator)) throw new TemplateProblem('division by zero');
  switch (operator) {
    case '+':
      return finite(a + b);
    case '-':
      return finite(a - b);
    case '*':
      return finite(a * b);
    case '/':
      return finite(a / b);
    case '//':
      return finite(Math.floor(a / b));
    case '%':
      return a - b * Math.floor(a / b);
    case '**':
      return finite(a ** b);
    default:
      throw new TemplateProblem(`the operator "${operator}" is not supported by virtune`);
  }
}

/** `in`: an item of a list, a key of a map, a part of a text. */
export function contains(container: unknown, value: unknown, work: Work): boolean {
  if (typeof container === 'string') {
    if (typeof value !== 'string')
      throw new TemplateProblem(`"in" looks for a text in a text, found ${typeName(value)}`);
    return container.includes(value);
  }
  if (Array.isArray(container)) {
    spend(work, container.length);
    return container.some((item) => equal(item, value));
  }
  if (isLazyMap(container)) return container.keys().includes(keyText(value));
  if (typeof container === 'object' && container !== null) return Object.hasOwn(container, keyText(value));
  throw new TemplateProblem(`"in" looks in a list, a map or a text, found ${typeName(container)}`);
}

/** One list of several, whose items stay where they were written. */
export function joinLists(lists: readonly (readonly unknown[])[], work: Work): unknown[] {
  const joined: unknown[] = [];
  for (const list of lists) {
    spend(work, list.length);
    for (const [index, item] of list.entries()) {
      copyEntryPlace(list, index, joined, joined.length);
      joined.push(item);
    }
  }
  return joined;
}

function repeat(text: string, times: number): string {
  if (text.length * times > MAX_TEXT) throw new TemplateProblem(TOO_LONG);
  return text.repeat(Math.max(0, Math.floor(times)));
}
