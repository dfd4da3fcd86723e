import { type Desired, SIDES, type Side, type Value } from '../model/change.ts';
import type { RuleRef } from '../model/status.ts';
import type { AnyModule, Claim, Found, Objection, SettingText } from '../modules/module.ts';

/** What a task claims of a subject, in the order in which it applies. */
export interface TaskClaims {
  readonly task: { readonly module: AnyModule; readonly args: unknown; readonly host: string };
  readonly claims: readonly Claim[];
}

/** Later claims replace the settings that they name. */
export function combine(claims: readonly Claim[]): Desired {
  return {
    live: Object.assign({}, ...claims.map(({ desired }) => desired.live)),
    config: Object.assign({}, ...claims.map(({ desired }) => desired.config)),
  };
}

/** Two tasks that want different things of one setting would both write at every run, for ever. */
export function conflictOf(found: Found, all: readonly TaskClaims[]): Objection | null {
  if (all.length < 2) return null;
  const seen = new Map<string, { readonly value: Value; readonly of: TaskClaims }>();
  for (const one of all) {
    const desired = combine(one.claims);
    for (const side of SIDES) {
      if (found[side] === null) continue;
      for (const [name, value] of Object.entries(desired[side])) {
        const key = `${side} ${name}`;
        const before = seen.get(key);
        if (before === undefined) seen.set(key, { value, of: one });
        else if (before.value !== value) return conflict(side, name, before.of, one);
      }
    }
  }
  return null;
}

function conflict(side: Side, name: string, ...both: readonly [TaskClaims, TaskClaims]): Objection {
  const said = both.map((one) => saidOf(one, side, name));
  const what = said.find((text) => text !== undefined)?.name ?? name;
  const hosts = new Set(both.map(({ task }) => task.host));
  const texts = both.map((one, index) => {
    const text = claimText(one, side, name, said[index]);
    return hosts.size > 1 ? `${one.task.host}: ${text}` : text;
  });
  const who = hosts.size > 1 ? 'two inventory names of this hypervisor' : 'two tasks';
  return {
    status: 'refused',
    reason: `${who} want different ${what} limits of it: ${texts.join(', ')}; nothing was written`,
  };
}

/** What a task claims of a setting, in words of the group that it belongs to. */
function saidOf({ task, claims }: TaskClaims, side: Side, name: string): SettingText | undefined {
  return task.module.text.values(combine(claims)[side]).find(({ settings }) => settings.includes(name));
}

/** `rule "web" (p.yml:4) 100 Mbit/s (--inbound 12500)` */
function claimText({ task, claims }: TaskClaims, side: Side, name: string, said?: SettingText): string {
  const names = said?.settings ?? [name];
  const last = claims.findLast(({ desired }) => names.some((one) => Object.hasOwn(desired[side], one)));
  if (last === undefined || last.rule === null) return '"unmatched: unlimited"';
  const { name: rule, file, line } = task.module.rules(task.args)[last.rule] as RuleRef;
  return `rule "${rule}"${file === '' ? '' : ` (${file}:${line})`} ${said === undefined ? '' : `${said.short} (${said.words})`}`.trimEnd();
}
