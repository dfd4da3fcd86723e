import { tokenize } from '@huggingface/jinja';

/** A token of the library's lexer and for its parser. */
export interface Token {
  readonly type: string;
  readonly value: string;
}

/** What the library's tests become for its parser, which takes no arguments of tests: filters of these names. */
export const TEST_PREFIX = 'is ';
export const NEGATED_PREFIX = 'is not ';

/** Words that end the argument of a test that has no parentheses. */
const NOT_AN_ARGUMENT = new Set(['and', 'or', 'else', 'if', 'in', 'is', 'not']);

/**
 * The tokens of a template, with what the library's lexer and parser lack beside Jinja put into a form that they
 * have: escapes such as `'\d'` stay as they are, tests may have arguments (`is match('x')`, `is in [1]`), filters and
 * tests full names (`ansible.builtin.default`).
 * @throws for what is no template
 */
export function templateTokens(template: string): Token[] {
  const tokens: readonly Token[] = tokenize(keepEscapes(template), { trim_blocks: true });
  return testsAsFilters(joinFullNames(tokens));
}

/** Doubles each backslash, within texts of expressions, that Python would leave alone; the lexer refuses them. */
function keepEscapes(template: string): string {
  if (!template.includes('\\')) return template;
  let out = '';
  let inside = false;
  let quote = '';
  for (let at = 0; at < template.length; at++) {
    const char = template[at] as string;
    const two = template.slice(at, at + 2);
    if (quote !== '') {
      if (char === '\\') {
        const next = template[at + 1] ?? '';
        const known =
          /[ntrbfv'"\\]/.test(next) || /^(?:x[0-9a-f]{2}|u[0-9a-f]{4})/i.test(template.slice(at + 1, at + 6));
        out += known ? char + next : `\\\\${next}`;
        at++;
        continue;
      }
      if (char === quote) quote = '';
    } else if (inside) {
      if (char === "'" || char === '"') quote = char;
      else if (two === '}}' || two === '%}') inside = false;
    } else if (two === '{{' || two === '{%') inside = true;
    out += char;
  }
  return out;
}

/** `| ansible.builtin.default` and `is ansible.builtin.match`: one name each. */
function joinFullNames(tokens: readonly Token[]): Token[] {
  const joined: Token[] = [];
  for (let at = 0; at < tokens.length; at++) {
    const token = tokens[at] as Token;
    joined.push(token);
    if (!startsName(tokens, at)) continue;
    const name = tokens[at + 1];
    if (name?.type !== 'Identifier') continue;
    let full = name.value;
    at++;
    while (tokens[at + 1]?.type === 'Dot' && tokens[at + 2]?.type === 'Identifier') {
      full += `.${tokens[at + 2]?.value}`;
      at += 2;
    }
    joined.push({ type: 'Identifier', value: full });
  }
  return joined;
}

function startsName(tokens: readonly Token[], at: number): boolean {
  const token = tokens[at];
  if (token?.type === 'Pipe') return true;
  const next = tokens[at + 1];
  if (isWord(token, 'is') && !isWord(next, 'not')) return tokens[at - 1]?.type !== 'Dot';
  return isWord(token, 'not') && isWord(tokens[at - 1], 'is');
}

function testsAsFilters(tokens: readonly Token[]): Token[] {
  const out: Token[] = [];
  for (let at = 0; at < tokens.length; at++) {
    const token = tokens[at] as Token;
    if (!isWord(token, 'is') || tokens[at - 1]?.type === 'Dot') {
      out.push(token);
      continue;
    }
    const negated = isWord(tokens[at + 1], 'not');
    const nameAt = at + (negated ? 2 : 1);
    const name = tokens[nameAt];
    if (name?.type !== 'Identifier') throw new SyntaxError('a test is missing after "is"');
    const value = `${negated ? NEGATED_PREFIX : TEST_PREFIX}${name.value}`;
    out.push({ type: 'Pipe', value: '|' }, { type: 'Identifier', value });
    const end = argumentEnd(tokens, nameAt + 1);
    if (end > nameAt + 1) {
      const argument = testsAsFilters(tokens.slice(nameAt + 1, end));
      out.push({ type: 'OpenParen', value: '(' }, ...argument, { type: 'CloseParen', value: ')' });
    }
    at = end - 1;
  }
  return out;
}

/** Where the argument of a test without parentheses ends; where it begins if there is none. */
function argumentEnd(tokens: readonly Token[], start: number): number {
  const first = tokens[start];
  if (first === undefined) return start;
  const isValue =
    first.type === 'StringLiteral' ||
    first.type === 'NumericLiteral' ||
    (first.type === 'Identifier' && !NOT_AN_ARGUMENT.has(first.value));
  const isGroup = first.type === 'OpenSquareBracket' || first.type === 'OpenCurlyBracket';
  if (!isValue && !isGroup) return start;
  let end = isGroup ? groupEnd(tokens, start) : start + 1;
  for (;;) {
    const next = tokens[end];
    if (next?.type === 'Dot') end += 2;
    else if (next?.type === 'OpenSquareBracket' || (next?.type === 'OpenParen' && !isGroup))
      end = groupEnd(tokens, end);
    else return Math.min(end, tokens.length);
  }
}

const OPENING = new Set(['OpenParen', 'OpenSquareBracket', 'OpenCurlyBracket']);
const CLOSING = new Set(['CloseParen', 'CloseSquareBracket', 'CloseCurlyBracket']);

function groupEnd(tokens: readonly Token[], start: number): number {
  let depth = 0;
  for (let at = start; at < tokens.length; at++) {
    const type = tokens[at]?.type ?? '';
    if (OPENING.has(type)) depth++;
    if (CLOSING.has(type)) depth--;
    if (depth === 0) return at + 1;
  }
  return tokens.length;
}

function isWord(token: Token | undefined, word: string): boolean {
  return token?.type === 'Identifier' && token.value === word;
}
