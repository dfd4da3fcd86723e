import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv, type ValidateFunction } from 'ajv';

const compiled = new Map<string, ValidateFunction>();

/** Says the same, and compiles the large schemas in a third of the time: a process of tests compiles most of them. */
export const QUICKLY = { inlineRefs: false, code: { optimize: false } } as const;

/** What of a value does not fit the shipped schema of this name (`schemas/NAME.schema.json`). */
export function misfits(name: string, value: unknown): readonly object[] {
  const check = compiled.get(name) ?? compile(name);
  compiled.set(name, check);
  return check(value) ? [] : (check.errors ?? []);
}

function compile(name: string): ValidateFunction {
  const file = join(import.meta.dirname, `../schemas/${name}.schema.json`);
  const ajv = new Ajv({ ...QUICKLY, allErrors: true, allowUnionTypes: true, strictTypes: false });
  return ajv.compile(JSON.parse(readFileSync(file, 'utf8')));
}
