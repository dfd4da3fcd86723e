import type { Diagnostic } from '../model/diagnostic.ts';
import { buildValue, type ParsedYaml } from './build.ts';
import { MAX_ERRORS } from './building.ts';
import { parseJson } from './json.ts';
import type { Source } from './places.ts';
import { takeRefused, type VarsIn } from './refused.ts';
import { parseSyntax } from './syntax.ts';

/**
 * One YAML document, or one of JSON, as plain data whose containers know their places (places.ts). Scalars are YAML 1.1 as
 * Ansible reads it, except for what scalar.ts lists. Merge keys (`<<`) are resolved; aliases share their containers, so
 * that the value may be a graph without cycles: never change it. Values with `!vault` are Encrypted. Hostile input is
 * refused in bounded time and memory.
 *
 * Never throws. Mistakes in the data (a duplicate key, an unknown tag) leave a value without them, so that a caller
 * may look for more; it must not be acted on when there is an error.
 * @param varsIn the maps of variables in the document: in their values tags that are not supported are RefusedValue,
 *   and no mistakes
 */
export function parseYaml(text: string, file: string, varsIn: VarsIn = () => []): ParsedYaml {
  const source = sourceOf(text, file);
  const json = parseJson(text, source);
  if (json !== null) return { value: json.value, diagnostics: [] };
  const { root, diagnostics } = parseSyntax(text, source);
  if (root === null) return { value: null, diagnostics };
  const built = buildValue(root, source, text);
  return built.refused ? withoutRefused(built, varsIn) : built;
}

function withoutRefused(built: ParsedYaml, varsIn: VarsIn): ParsedYaml {
  // The document itself may be refused, and is a value of nothing.
  const around = [built.value];
  const refused = takeRefused(around, () => varsIn(built.value));
  const all = [
    ...built.diagnostics,
    ...refused.map((one): Diagnostic => ({ severity: 'error', ...one })),
  ].toSorted(byPlace);
  return { value: around[0], diagnostics: all.slice(0, MAX_ERRORS) };
}

function byPlace({ place: a }: Diagnostic, { place: b }: Diagnostic): number {
  return (a?.line ?? 0) - (b?.line ?? 0) || (a?.column ?? 0) - (b?.column ?? 0);
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
