import { type Names, namesIn } from '../jinja/names.ts';
import { parseExpression, parseTemplate, type Template } from '../jinja/parse.ts';

/** Containers, which never change, and what the templates in them speak of. */
const known = new WeakMap<object, Names>();
const NOTHING: Names = { read: new Set(), texts: new Set() };

/** What the templates in a value, at any depth, speak of. */
export function templateNames(value: unknown): Names {
  if (typeof value === 'string') return value.includes('{') ? ofTemplate(parseTemplate(value)) : NOTHING;
  if (typeof value !== 'object' || value === null) return NOTHING;
  const before = known.get(value);
  if (before !== undefined) return before;
  // Aliases make a graph of it, without cycles.
  const found = joined(Object.values(value).map(templateNames));
  known.set(value, found);
  return found;
}

/** The same of a condition, which stands without braces. */
export function conditionNames(text: string): Names {
  return ofTemplate(parseExpression(text));
}

export function joined(parts: readonly Names[]): Names {
  const some = parts.filter(({ read, texts }) => read.size + texts.size > 0);
  if (some.length === 0) return NOTHING;
  return {
    read: new Set(some.flatMap(({ read }) => [...read])),
    texts: new Set(some.flatMap(({ texts }) => [...texts])),
  };
}

function ofTemplate(template: Template): Names {
  if (template.kind === 'problem') return NOTHING;
  return namesIn(template.kind === 'expression' ? template.node : template.body);
}
