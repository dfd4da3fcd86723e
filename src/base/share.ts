/** So many different values are kept once; at more, they have little in common anyway. */
const MAX_SHARED = 10_000;

/** Gives values that are the same as JSON as one, which is a copy. */
export function sharer(): <T>(value: T) => T {
  const shared = new Map<string, unknown>();
  return <T>(value: T): T => {
    const text = JSON.stringify(value);
    const known = shared.get(text);
    if (known !== undefined) return known as T;
    const copy = JSON.parse(text) as T;
    if (shared.size < MAX_SHARED) shared.set(text, copy);
    return copy;
  };
}
