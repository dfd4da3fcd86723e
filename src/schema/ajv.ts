import { _, Ajv, type CodeKeywordDefinition, type Options } from 'ajv';
import { type Checks, checksOf } from './checks.ts';
import type { CustomKeyword } from './types.ts';

/**
 * Ajv with a module's keywords. Without its check of the schema itself, which costs more than the compilation: a test
 * makes that check.
 * @throws Error when a schema that it is given is wrong: a bug, never the user's fault
 */
export function newAjv(keywords: readonly CustomKeyword[], code: Options['code'] = {}): Ajv {
  const ajv = new Ajv({
    allErrors: true,
    verbose: true,
    strict: true,
    strictTypes: false,
    strictRequired: false,
    validateSchema: false,
    meta: false,
    code,
  });
  ajv.addKeyword({ keyword: 'x-expected', schemaType: 'string' });
  for (const [keyword, check] of Object.entries(checksOf(keywords))) ajv.addKeyword(byName(keyword, check));
  return ajv;
}

/** A keyword whose check is called `checks[keyword]` where the code is written out, as the build does. */
function byName(keyword: string, check: Checks[string]): CodeKeywordDefinition {
  return {
    keyword,
    code: (cxt) => {
      const call = cxt.gen.scopeValue('keyword', { ref: check, key: check, code: _`checks[${keyword}]` });
      const found = cxt.gen.const('found', _`${call}(${cxt.data}, ${cxt.schemaValue})`);
      cxt.setParams({ found });
      cxt.fail(_`${found} !== null`);
    },
    error: {
      message: ({ params }) => _`${params.found}.message`,
      params: ({ params }) => _`{custom: true, hint: ${params.found}.hint}`,
    },
  };
}
