/** Values of a JSON text that somebody else wrote: what is not of the form that is expected counts as nothing. */
type Json = Readonly<Record<string, unknown>>;

/** The map that a value is; one without keys where it is none. */
export function mapOf(value: unknown): Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Json) : {};
}

/** The list that a value is; an empty one where it is none. */
export function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

/** The text that a value is; empty where it is none. */
export function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
