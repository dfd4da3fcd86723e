import type { Diagnostic } from '../model/diagnostic.ts';
import type { Vars } from '../model/inventory.ts';
import type { Loop } from '../model/playbook.ts';
import { foundWords } from '../schema/words.ts';
import { resolveTemplates } from '../template/resolve.ts';
import type { Magic } from '../template/state.ts';

/** The names that a turn of a loop adds; null where there is no loop. */
type Turn = ReadonlyMap<string, unknown> | null;

const MAX_TURNS = 1_000;

/** The turns of a task's loop, one where it has none. */
export function loopTurns(
  loop: Loop | undefined,
  vars: Vars,
  magic: Magic,
): { readonly turns: readonly Turn[]; readonly diagnostics: readonly Diagnostic[] } {
  if (loop === undefined) return { turns: [null], diagnostics: [] };
  const { value, diagnostics } = resolveTemplates(loop.list, vars, loop.place, magic);
  if (diagnostics.length > 0) return { turns: [], diagnostics };
  const refuse = (message: string, hint?: string) => ({
    turns: [],
    diagnostics: [{ severity: 'error' as const, message, hint, place: loop.place }],
  });
  if (!Array.isArray(value)) {
    const isMap = typeof value === 'object' && value !== null;
    return refuse(
      `"loop" must be a list, found ${foundWords(value)}`,
      isMap ? 'write "| dict2items" after it' : undefined,
    );
  }
  if (value.length > MAX_TURNS) return refuse(`"loop" has ${value.length} items, more than ${MAX_TURNS}`);
  const { variable, indexVariable } = loop;
  const turns = value.map((item: unknown, index) => {
    const names = new Map([[variable, item]]);
    if (indexVariable !== undefined) names.set(indexVariable, index);
    return names;
  });
  return { turns, diagnostics: [] };
}
