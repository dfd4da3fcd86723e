import { buildValue, type ParsedYaml } from './build.ts';
import { parseJson } from './json.ts';
import type { Source } from './places.ts';
import { parseSyntax } from './syntax.ts';

/**
 * One YAML document, or one of JSON, as plain data whose containers know their places (places.ts). Scalars are YAML 1.1 as
 * Ansible reads it, except for what scalar.ts lists. Merge keys (`<<`) are resolved; aliases share their containers, so
 * that the value may be a graph without cycles: never change it. Values with `!vault` are Encrypted. Hostile input is
 * refused in bounded time and memory.
 *
 * Never throws. Mistakes in the data (a duplicate key, an unknown tag) leave a value without them, so that a caller
 * may look for more; it must not be acted on when there is an error.
 */
export function parseYaml(text: string, file: string): ParsedYaml {
  const source = sourceOf(text, file);
  const json = parseJson(text, source);
  if (json !== null) return { value: json.value, diagnostics: [] };
  const { root, diagnostics } = parseSyntax(text, source);
  if (root === null) return { value: null, diagnostics };
  return buildValue(root, source, text);
}

/** Lines are counted when somebody asks for a place, which for most files nobody does. */
function sourceOf(text: string, file: string): Source {
  let starts: readonly number[] | null = null;
  return {
    file,
    octals: new Map(),
    get lineStarts() {
      starts ??= lineStarts(text);
      return starts;
    },
  };
}

function lineStarts(text: string): number[] {
  const starts = [0];
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) starts.push(at + 1);
  return starts;
}
