import { parse } from '@huggingface/jinja';
import { shorten } from '../base/text.ts';
import type { Node, Statement } from './ast.ts';
import { lower, lowerBody } from './lower.ts';
import { TemplateProblem } from './problem.ts';
import { type Token, templateTokens } from './tokens.ts';

export type Template =
  | { readonly kind: 'expression'; readonly node: Node }
  | { readonly kind: 'text'; readonly body: readonly Statement[]; readonly lineEnd: boolean }
  | { readonly kind: 'problem'; readonly message: string; readonly hint?: string | undefined };

/** Longer ones are no values of a playbook, and some of the parser's steps are quadratic. */
const MAX_LENGTH = 20_000;
const MAX_NESTING = 100;
const MAX_TOKENS = 4_000;

/** Templates repeat for every host: each is parsed once. */
const known = new Map<string, Template>();
const MAX_KNOWN = 5_000;

/** Parses a text with Jinja in it. One expression and nothing beside it is kept apart: it keeps its value's type. */
export function parseTemplate(text: string): Template {
  return remember(`t${text}`, () => parseText(text));
}

/** Parses what stands without braces: a condition of `when`. */
export function parseExpression(text: string): Template {
  return remember(`e${text}`, () => {
    const parsed = parseText(`{{ ${text} }}`);
    if (parsed.kind === 'text')
      return { kind: 'problem', message: `"${shorten(text)}" is not one expression` };
    return parsed;
  });
}

function remember(key: string, make: () => Template): Template {
  const before = known.get(key);
  if (before !== undefined) return before;
  if (known.size >= MAX_KNOWN) known.clear();
  const made = make();
  known.set(key, made);
  return made;
}

function parseText(text: string): Template {
  const refused = refuse(text);
  if (refused !== null) return refused;
  try {
    const tokens = templateTokens(text);
    if (tokens.length > MAX_TOKENS) return { kind: 'problem', message: 'the template is too long' };
    if (nesting(tokens) > MAX_NESTING)
      return { kind: 'problem', message: 'the template is nested too deeply' };
    const { body } = parse(tokens) as { readonly body: readonly { readonly type: string }[] };
    const parts = body.filter((part) => part.type !== 'Comment');
    const [only] = parts;
    const first = tokens.find((token) => token.type !== 'Comment');
    if (parts.length === 1 && only !== undefined && first?.type === 'OpenExpression')
      return { kind: 'expression', node: lower(only) };
    return { kind: 'text', body: lowerBody(parts), lineEnd: text.endsWith('\n') };
  } catch (error) {
    return explain(error, text);
  }
}

function refuse(text: string): Template | null {
  const limit = `more than ${MAX_LENGTH} characters`;
  if (text.length > MAX_LENGTH) return { kind: 'problem', message: `the template is too long: ${limit}` };
  if (/\s{1000}/.test(text)) return { kind: 'problem', message: 'the template has too many blanks in a row' };
  const tag =
    /\{%-?\s*(raw|generation|endgeneration|include|import|from|extends|block|do|with|autoescape)\b/.exec(
      text,
    );
  if (tag !== null) return { kind: 'problem', message: `"{% ${tag[1]} %}" is not supported by virtune` };
  return null;
}

function nesting(tokens: readonly Token[]): number {
  let depth = 0;
  let deepest = 0;
  let signs = 0;
  for (const { type, value } of tokens) {
    if (/^Open(?:Paren|Square|Curly|Statement)/.test(type)) depth++;
    if (/^Close(?:Paren|Square|Curly)/.test(type)) depth--;
    signs = type === 'UnaryOperator' || value === 'not' ? signs + 1 : 0;
    deepest = Math.max(deepest, depth, signs);
  }
  return deepest;
}

const ENDED = 'the template ends too early';

/** Most of the parser's errors are meant for its own developers; these are for users. */
function explain(error: unknown, text: string): Template {
  if (error instanceof TemplateProblem) return { kind: 'problem', message: error.message, hint: error.hint };
  const message = error instanceof Error ? error.message : String(error);
  const shown = `"${shorten(text)}"`;
  const open = (text.match(/\{\{|\{%/g) ?? []).length;
  const close = (text.match(/\}\}|%\}/g) ?? []).length;
  if (open > close)
    return { kind: 'problem', message: `${ENDED}: ${shown}`, hint: 'is a "}}" or "%}" missing?' };
  const token = /^(Unexpected character: .|a test is missing.*|Missing end of comment tag)$/.exec(
    message,
  )?.[1];
  const why = token === undefined ? '' : `: ${token.charAt(0).toLowerCase()}${token.slice(1)}`;
  const hint = (text.match(/'/g) ?? []).length % 2 === 1 ? 'is a quotation mark missing?' : undefined;
  return { kind: 'problem', message: `the template ${shown} is not valid Jinja${why}`, hint };
}
