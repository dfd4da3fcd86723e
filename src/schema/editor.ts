import type { JsonSchema } from './schema.ts';

/** In an editor's schema, the place of a value that a template may give instead. */
export const TEMPLATE: JsonSchema = { $ref: '#/definitions/template' };

const NUMBER = '[0-9]{1,30}(?:\\.[0-9]{1,30})?\\s*';

/** A number with a unit, or a bare one of the unit that libvirt counts in, for editors. @param units a regex's branches */
export function quantityForEditors(units: string, max: number): { readonly anyOf: readonly JsonSchema[] } {
  return {
    anyOf: [
      { type: 'integer', minimum: 1, maximum: max },
      { type: 'string', pattern: `^\\s*(?:[0-9]{1,30}|${NUMBER}(?:[kMG]|[KMG]i)?(?:${units}))\\s*$` },
      TEMPLATE,
    ],
  };
}
