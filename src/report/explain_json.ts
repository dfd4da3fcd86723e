import { renderRate } from '../libvirt/domiftune.ts';
import type { Diagnostic } from '../model/diagnostic.ts';
import { DIRECTIONS, type Direction, type DirectionLimit } from '../model/limits.ts';
import type { NicResult } from '../model/result.ts';
import type { NicExplanation } from '../modules/nic_limits/explain.ts';
import { SIDES, type Side } from '../modules/nic_limits/item.ts';
import { limitSentence, nicName } from './nic_text.ts';

export const EXPLAIN_SCHEMA = 'virtune.explain/1';

/** The variable that holds a rule and what gives it; null for a rule that stands in the playbook itself. */
export interface RuleOrigin {
  readonly variable: string;
  readonly kind: 'group' | 'host' | 'play' | 'task' | 'extraVars';
  readonly name: string;
}

/** What one task has to say of one NIC. */
export interface ExplainedNic {
  readonly play: string;
  readonly task: string;
  readonly explanation: NicExplanation;
  /** One per rule of the explanation. */
  readonly origins: readonly (RuleOrigin | null)[];
}

export interface ExplainedHost {
  readonly name: string;
  readonly address: string;
  readonly nics: readonly ExplainedNic[];
  readonly notes: readonly string[];
  readonly warnings: readonly Diagnostic[];
}

/** The document of `virtune explain --report json` (explain.schema.json beside this file). */
export function explainJson({ name, address, nics, notes, warnings }: ExplainedHost): string {
  const document = {
    schema: EXPLAIN_SCHEMA,
    host: { name, address },
    nics: nics.map(nicEntry),
    notes,
    warnings: warnings.map(({ message, hint, place }) => ({ message, hint, place })),
  };
  return `${JSON.stringify(document, null, 2)}\n`;
}

function nicEntry({ play, task, explanation, origins }: ExplainedNic): object {
  const { result, rules, wanted } = explanation;
  const { rules: _, desired: __, after: ___, desiredByState: ____, ...seen } = result;
  return {
    play,
    task,
    ...seen,
    rules: rules.map(({ rule, sets }, index) => ({
      name: rule.name,
      file: rule.file,
      line: rule.line,
      origin: origins[index] ?? null,
      applyTo: rule.applyTo,
      sets: sets.map(({ direction, limit, replacedBy }) => ({
        direction,
        limit,
        // 1-based, as people count.
        replacedBy: Object.fromEntries(
          Object.entries(replacedBy).map(([side, by]) => [side, by === null ? null : by + 1]),
        ),
      })),
    })),
    desired: Object.fromEntries(SIDES.map((side) => [side, wantedOf(result, side, wanted[side])])),
  };
}

function wantedOf(nic: NicResult, side: Side, limits: NicExplanation['wanted'][Side]): object | null {
  if (nic.before[side] === null) return null;
  return Object.fromEntries(
    DIRECTIONS.flatMap((direction) => {
      const limit = limits[direction];
      return limit === undefined ? [] : [[direction, limitEntry(nic, direction, limit)]];
    }),
  );
}

function limitEntry(nic: NicResult, direction: Direction, limit: DirectionLimit): object {
  return {
    limit,
    words: ['--'.concat(direction), renderRate(limit)],
    sentence: `${nicName(nic)} ${limitSentence(direction, limit)}`,
  };
}
