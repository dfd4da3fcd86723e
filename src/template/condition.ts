import { shorten } from '../base/text.ts';
import { parseExpression, parseTemplate } from '../jinja/parse.ts';
import { truthy } from '../jinja/value.ts';
import type { Diagnostic, Place } from '../model/diagnostic.ts';
import type { Vars } from '../model/inventory.ts';
import type { Condition } from '../model/playbook.ts';
import { runTemplate } from './resolve.ts';
import { fail, type Magic, newState, type Resolving } from './state.ts';

export interface Held {
  readonly holds: boolean;
  readonly diagnostics: readonly Diagnostic[];
}

const NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;

/** Whether all conditions hold, in their order, the first that does not ending it: those after it are not looked at. */
export function conditionsHold(conditions: readonly Condition[], vars: Vars, magic?: Magic): Held {
  const to = newState(vars, magic);
  const holds = conditions.every(({ text, place }) => {
    const errors = to.diagnostics.length;
    return holdsOne(text, to, place) && to.diagnostics.length === errors;
  });
  return { holds, diagnostics: to.diagnostics };
}

function holdsOne(condition: string | boolean, to: Resolving, place: Place | undefined): boolean {
  if (typeof condition === 'boolean') return condition;
  const text = condition.trim();
  if (text === '') return true;
  if (!/\{\{|\{%/.test(text)) return truth(runTemplate(parseExpression(text), to, place, 0), text, to, place);
  // With braces, what the template makes is the condition, as in Ansible.
  const made = runTemplate(parseTemplate(text), to, place, 0);
  if (typeof made !== 'string' || made.trim() === '') return truthy(made);
  return truth(runTemplate(parseExpression(made), to, place, 0), text, to, place);
}

/**
 * A text is no condition: Ansible takes any but the empty one for true, "false" too (`-e limited=false` gives a text),
 * and newer ones refuse it, as virtune does.
 */
function truth(value: unknown, condition: string, to: Resolving, place: Place | undefined): boolean {
  if (typeof value !== 'string' || value === '') return truthy(value);
  const message = `the condition "${shorten(condition)}" gives the text "${shorten(value)}", which is neither true nor false`;
  fail(
    to,
    place,
    message,
    NAME.test(condition) ? `write "${condition} | bool"` : 'compare it, or write "| bool" after it',
  );
  return false;
}
