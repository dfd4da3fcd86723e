import type { Diagnostic } from '../model/diagnostic.ts';
import { octalOf, placeOf } from '../yaml/places.ts';

/**
 * Numbers in a task's arguments that are not what they look like: to YAML 1.1, which Ansible reads, `010` is 8. In other
 * variables, modes of files among them, that may be meant.
 */
export function octalErrors(value: unknown): readonly Diagnostic[] {
  const found: Diagnostic[] = [];
  const seen = new Set<object>();
  const walk = (container: unknown): void => {
    if (typeof container !== 'object' || container === null || seen.has(container)) return;
    seen.add(container);
    const list = Array.isArray(container);
    for (const [name, inner] of Object.entries(container)) {
      const key = list ? Number(name) : name;
      const written = typeof inner === 'number' ? octalOf(container, key) : undefined;
      if (written === undefined) walk(inner);
      else
        found.push({
          severity: 'error',
          message: `${written} is ${inner}: YAML takes a number that begins with 0 as octal`,
          hint: `write ${Number(written.replaceAll('_', ''))}, or ${inner} if that is meant`,
          place: placeOf(container, key),
        });
    }
  };
  walk(value);
  return found;
}
