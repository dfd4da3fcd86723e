import type { AnySchemaObject, ValidateFunction } from 'ajv';
import { newAjv } from './ajv.ts';
import type { CustomKeyword, JsonSchema } from './types.ts';

/**
 * The validator of each schema, compiled when it is first asked for. The built command line has another file in the
 * place of this one, with all of them compiled and without ajv (scripts/build/compiled_schemas.mjs).
 */
export function validatorsOf(
  schemas: readonly JsonSchema[],
  keywords: readonly CustomKeyword[],
): (index: number) => ValidateFunction {
  const made: ValidateFunction[] = [];
  let ajv: ReturnType<typeof newAjv> | undefined;
  return (index) => {
    ajv ??= newAjv(keywords, { optimize: false });
    made[index] ??= ajv.compile(schemas[index] as AnySchemaObject);
    return made[index];
  };
}
