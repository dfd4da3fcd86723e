import { jsonText } from '../base/json_text.ts';
import { timesText } from '../base/time/times.ts';
import { type Change, desiredOf, SIDES, type Side } from '../model/change.ts';
import type { Diagnostic } from '../model/diagnostic.ts';
import { moduleNamed } from '../modules/index.ts';
import { subjectName } from '../report/text.ts';
import { nested, resourceEntry } from '../reporters/resource.ts';
import type { Explanation } from './explain.ts';

export const EXPLAIN_SCHEMA = 'virtune.explain/2';

/** The variable that holds a rule and what gives it; null for a rule that stands in the playbook itself. */
export interface RuleOrigin {
  readonly variable: string;
  readonly kind: 'group' | 'host' | 'play' | 'task' | 'extraVars';
  readonly name: string;
}

/** What one task has to say of one subject. */
export interface ExplainedSubject {
  readonly explanation: Explanation;
  /** One per rule of the explanation. */
  readonly origins: readonly (RuleOrigin | null)[];
}

export interface ExplainedHost {
  readonly name: string;
  readonly address: string;
  readonly subjects: readonly ExplainedSubject[];
  readonly notes: readonly string[];
  readonly warnings: readonly Diagnostic[];
}

/** The document of `virtune explain --report json` (schema.ts beside this file). */
export function explainJson({ name, address, subjects, notes, warnings }: ExplainedHost): string {
  const document = {
    schema: EXPLAIN_SCHEMA,
    host: { name, address },
    resources: subjects.map(subjectEntry),
    notes,
    warnings: warnings.map(({ message, hint, place }) => ({ message, hint, place })),
  };
  return `${jsonText(document)}\n`;
}

function subjectEntry({ explanation, origins }: ExplainedSubject): object {
  const { change, rules } = explanation;
  const { rules: _, desired: __, desiredByState: ___, after: ____, ...seen } = resourceEntry(change);
  return {
    play: change.play,
    task: change.task,
    ...seen,
    rules: rules.map(({ rule, holds, sets }, index) => ({
      name: rule.name,
      file: rule.file,
      line: rule.line,
      ...(rule.times === undefined ? {} : { times: { holds, text: timesText(rule.times) } }),
      origin: origins[index] ?? null,
      sets: sets.map(({ name, short, words, replacedBy }) => ({
        setting: name,
        text: short,
        words,
        // 1-based, as people count.
        replacedBy: Object.fromEntries(
          Object.entries(replacedBy).map(([side, by]) => [side, by === null ? null : by + 1]),
        ),
      })),
    })),
    desired: Object.fromEntries(SIDES.map((side) => [side, desiredEntry(change, side)])),
  };
}

/** What a state is to have: values as in a report, and each setting in words; null where the subject is not in it. */
function desiredEntry(change: Change, side: Side): object | null {
  if (change.settings.every((setting) => setting[side] === undefined)) return null;
  const values = desiredOf(change, side);
  const said = moduleNamed(change.module).text.values(values);
  return {
    values: nested(values),
    words: said.map(({ words }) => words),
    sentences: said.map(({ text }) => `${subjectName(change)} ${text}`),
  };
}
