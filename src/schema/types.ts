/** A JSON Schema as a plain object, shared parts written in by reference in TypeScript: `$ref` is not for it. */
export type JsonSchema = Readonly<Record<string, unknown>>;

/** A check that JSON Schema cannot express, used in a schema under its name: `{ virtuneRate: true }`. */
export interface CustomKeyword {
  readonly keyword: string;
  /** What is wrong with the value, or null; `setting` is what the schema gives the keyword. */
  readonly check: (value: unknown, setting: unknown) => string | CustomProblem | null;
}

export interface CustomProblem {
  readonly message: string;
  readonly hint?: string | undefined;
}
