import type { ErrorObject } from 'ajv';
import { typeOfValue } from './words.ts';

/**
 * Of what ajv found, what the user should hear: instead of the errors of all branches of an `anyOf` or `oneOf` those
 * of the branch that was most likely meant, and no errors that only say that others happened.
 */
export function relevantErrors(errors: readonly ErrorObject[]): readonly ErrorObject[] {
  let kept: ErrorObject[] = [];
  // Ajv puts the error of an anyOf right after those of its branches, inner ones before outer ones.
  for (const error of errors) {
    // What is wrong with a key's name is said by the error about the name as a whole.
    if (error.keyword === 'if' || error.propertyName !== undefined) continue;
    if (error.keyword !== 'anyOf' && error.keyword !== 'oneOf') {
      kept.push(error);
      continue;
    }
    const inside = kept.filter((other) => isInside(other, error));
    kept = kept.filter((other) => !isInside(other, error));
    kept.push(...bestBranch(error, inside));
  }
  return withoutFollowUps(kept);
}

function isInside(error: ErrorObject, parent: ErrorObject): boolean {
  return (
    error.schemaPath.startsWith(`${parent.schemaPath}/`) && error.instancePath.startsWith(parent.instancePath)
  );
}

function bestBranch(parent: ErrorObject, inside: readonly ErrorObject[]): readonly ErrorObject[] {
  const branches = new Map<string, ErrorObject[]>();
  for (const error of inside) {
    const index = error.schemaPath.slice(parent.schemaPath.length + 1).split('/', 1)[0] ?? '';
    branches.set(index, [...(branches.get(index) ?? []), error]);
  }
  const scored = [...branches.values()].filter((branch) => isNear(branch, parent));
  // None takes a value of this kind: say what would have been taken.
  if (scored.length === 0) return [parent];
  scored.sort((a, b) => depth(b) - depth(a) || a.length - b.length);
  return scored[0] ?? [parent];
}

/** A branch was meant when it takes this type of value, and the value's constant where it has one. */
function isNear(branch: readonly ErrorObject[], parent: ErrorObject): boolean {
  return !branch.some((error) => {
    if (error.keyword === 'type') return error.instancePath === parent.instancePath;
    if (error.keyword !== 'const' && error.keyword !== 'enum') return false;
    // A text that is not one of the words may be anything else; a map with another `type:` is another kind of map.
    const below = error.instancePath.slice(parent.instancePath.length);
    return (
      below === '' ||
      (typeOfValue(parent.data) === 'object' && below.split('/').length === 2 && error.keyword === 'const')
    );
  });
}

function depth(branch: readonly ErrorObject[]): number {
  return Math.max(...branch.map((error) => error.instancePath.split('/').length));
}

/** One value, one complaint about its type; the same complaint from two branches counts once. */
function withoutFollowUps(errors: readonly ErrorObject[]): readonly ErrorObject[] {
  const seen = new Set<string>();
  const mistyped = new Set(
    errors.filter((error) => error.keyword === 'type').map((error) => error.instancePath),
  );
  return errors.filter((error) => {
    if (mistyped.has(error.instancePath) && error.keyword !== 'type') return false;
    const key = `${error.instancePath} ${error.keyword} ${error.keyword === 'type' ? '' : JSON.stringify(error.params)}`;
    if (seen.has(key)) return false;
    seen.add(key);
    return true;
  });
}
