import { type Desired, SIDES, type Side, type Value } from '../model/change.ts';
import type { RuleRef } from '../model/status.ts';
import type { AnyModule, Found, Objection, SettingText, Wish } from '../modules/module.ts';

/** What a task wants of a subject, in the order in which it applies. */
export interface Want {
  readonly task: { readonly module: AnyModule; readonly args: unknown };
  readonly wishes: readonly Wish[];
}

/** Later wishes replace the settings that they name. */
export function combine(wishes: readonly Wish[]): Desired {
  return {
    live: Object.assign({}, ...wishes.map(({ desired }) => desired.live)),
    config: Object.assign({}, ...wishes.map(({ desired }) => desired.config)),
  };
}

/** Two tasks that want different things of one setting would both write at every run, for ever. */
export function conflictOf(found: Found, wants: readonly Want[]): Objection | null {
  if (wants.length < 2) return null;
  const seen = new Map<string, { readonly value: Value; readonly want: Want }>();
  for (const want of wants) {
    const desired = combine(want.wishes);
    for (const side of SIDES) {
      if (found[side] === null) continue;
      for (const [name, value] of Object.entries(desired[side])) {
        const key = `${side} ${name}`;
        const before = seen.get(key);
        if (before === undefined) seen.set(key, { value, want });
        else if (before.value !== value) return conflict(side, name, before.want, want);
      }
    }
  }
  return null;
}

function conflict(side: Side, name: string, ...wants: readonly [Want, Want]): Objection {
  const said = wants.map((want) => saidOf(want, side, name));
  const what = said.find((text) => text !== undefined)?.name ?? name;
  const texts = wants.map((want, index) => wantText(want, side, name, said[index]));
  return {
    status: 'refused',
    reason: `two tasks want different ${what} limits of it: ${texts.join(', ')}; nothing was written`,
  };
}

/** What a task wants of a setting, in words of the group that it belongs to. */
function saidOf({ task, wishes }: Want, side: Side, name: string): SettingText | undefined {
  return task.module.text.values(combine(wishes)[side]).find(({ settings }) => settings.includes(name));
}

/** `rule "web" (p.yml:4) 100 Mbit/s (--inbound 12500)` */
function wantText({ task, wishes }: Want, side: Side, name: string, said?: SettingText): string {
  const names = said?.settings ?? [name];
  const last = wishes.findLast(({ desired }) => names.some((one) => Object.hasOwn(desired[side], one)));
  if (last === undefined || last.rule === null) return '"unmatched: unlimited"';
  const { name: rule, file, line } = task.module.rules(task.args)[last.rule] as RuleRef;
  return `rule "${rule}"${file === '' ? '' : ` (${file}:${line})`} ${said === undefined ? '' : `${said.short} (${said.words})`}`.trimEnd();
}
