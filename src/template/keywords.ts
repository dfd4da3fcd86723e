import type { Diagnostic } from '../model/diagnostic.ts';
import type { Vars } from '../model/inventory.ts';
import { copyEntryPlace, copyPlaces, placeOf } from '../yaml/places.ts';
import { resolveTemplates } from './resolve.ts';
import type { Magic } from './state.ts';

export interface ResolvedKeywords {
  readonly value: Vars;
  readonly diagnostics: readonly Diagnostic[];
}

const ONLY_PLAY = 'here only "vars" of the play and -e are known: a keyword holds for all hosts';

/**
 * Resolves the templates in the keywords of a play, block or task. What belongs to hosts stays as it is: it is resolved
 * for each of them. A name keeps its template where a variable is missing.
 * @param later keys whose values are for each host
 * @param vars of the play, and extra variables over them
 * @param magic what holds for the whole run
 */
export function resolveKeywords(
  map: Vars,
  later: readonly string[],
  vars: Vars,
  magic?: Magic,
): ResolvedKeywords {
  const diagnostics: Diagnostic[] = [];
  let copy: Record<string, unknown> | null = null;
  for (const [key, item] of Object.entries(map)) {
    if (later.includes(key)) continue;
    const found = resolveTemplates(item, vars, placeOf(map, key) ?? placeOf(map), magic);
    if (found.diagnostics.length > 0) {
      if (key !== 'name')
        diagnostics.push(
          ...found.diagnostics.map((one) => (one.missing ? { ...one, hint: ONLY_PLAY } : one)),
        );
      continue;
    }
    if (found.value === item) continue;
    if (copy === null) {
      copy = { ...map };
      copyPlaces(map, copy);
    }
    copy[key] = found.value;
    copyEntryPlace(map, key, copy, key);
  }
  return { value: copy ?? map, diagnostics };
}

/** What a schema says, without the values whose templates are already reported. */
export function withoutTold(
  found: readonly Diagnostic[],
  told: readonly Diagnostic[],
): readonly Diagnostic[] {
  const at = ({ place }: Diagnostic) => `${place?.line}:${place?.column}`;
  const places = new Set(told.map(at));
  return found.filter((one) => !places.has(at(one)));
}
