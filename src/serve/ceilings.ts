import { compileGlob } from '../base/glob.ts';
import { formatRate, parseRate } from '../base/units.ts';
import { type DesiredLimits, DIRECTIONS } from '../facts/bandwidth.ts';
import { type Diagnostic, hasErrors, InputError } from '../model/diagnostic.ts';
import { nicLimitsKeywords } from '../modules/nic_limits/keywords.ts';
import { rate } from '../modules/nic_limits/schema.ts';
import { compileSchema, type JsonSchema } from '../schema/schema.ts';
import { namesOf } from './owner.ts';
import { Refusal } from './refusal.ts';
import type { Owner } from './store/records.ts';

/** What a project may set at most, beside what a policy says. */
export interface Ceiling {
  readonly names: (project: Owner['project']) => boolean;
  /** Of each direction of each NIC, in kB/s; its average and its peak. */
  readonly rate: number | null;
  /** How many NICs may have limits of the API at once. */
  readonly nics: number | null;
}

export const CEILINGS_SCHEMA: JsonSchema = {
  type: 'object',
  additionalProperties: false,
  required: ['ceilings'],
  properties: {
    ceilings: {
      description: 'The first that names a project holds for it.',
      type: 'array',
      items: {
        type: 'object',
        additionalProperties: false,
        required: ['project'],
        properties: {
          project: {
            description: 'The ID of a project, or its name; globs.',
            type: 'string',
            minLength: 1,
          },
          rate: { ...rate, description: 'What each direction of each NIC may be set to at most.' },
          nics: {
            description: 'How many NICs of the project may have limits of the API at once.',
            type: 'integer',
            minimum: 0,
          },
        },
      },
    },
  },
};

const validate = compileSchema(CEILINGS_SCHEMA, nicLimitsKeywords);

interface Raw {
  readonly ceilings: readonly { readonly project: string; readonly rate?: unknown; readonly nics?: number }[];
}

/** @throws InputError with all that is wrong */
export function readCeilings(value: unknown): readonly Ceiling[] {
  const diagnostics: readonly Diagnostic[] = validate(value);
  if (hasErrors(diagnostics)) throw new InputError(diagnostics);
  return (value as Raw).ceilings.map(({ project, rate: most, nics = null }) => {
    const glob = compileGlob(project);
    const read = most === undefined ? null : parseRate(most);
    return {
      names: (project) => namesOf(project).some(glob),
      rate: read?.ok === true ? read.value : null,
      nics,
    };
  });
}

export function ceilingOf(ceilings: readonly Ceiling[], project: Owner['project']): Ceiling | null {
  return ceilings.find(({ names }) => names(project)) ?? null;
}

/** @throws Refusal 403 for more than a project may set */
export function demandBelow(ceiling: Ceiling | null, limits: DesiredLimits): void {
  const most = ceiling?.rate ?? null;
  if (most === null) return;
  for (const direction of DIRECTIONS) {
    const limit = limits[direction];
    if (limit === undefined) continue;
    const asked = limit === null ? null : Math.max(limit.average, limit.peak);
    if (asked !== null && asked <= most) continue;
    const text = asked === null ? 'no limit' : formatRate(asked);
    throw new Refusal(403, `${direction}: ${text} is above what this project may set, ${formatRate(most)}.`);
  }
}
