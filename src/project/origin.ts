import type { DirVars } from '../inventory/vars.ts';
import type { Inventory, Vars } from '../model/inventory.ts';
import type { Play } from '../model/playbook.ts';
import { placeOf } from '../yaml/places.ts';

/** One of the things that give a host variables. */
export interface VarLayer {
  readonly kind: 'group' | 'host' | 'play' | 'task' | 'extraVars';
  /** Name of the group, host, play or task; '' for extra variables. */
  readonly name: string;
  readonly vars: Vars;
}

export interface Origin {
  readonly variable: string;
  readonly kind: VarLayer['kind'];
  readonly name: string;
}

/**
 * Everything that may give a host variables in a play; which of them wins is not its question.
 * @param play with its files of variables among its own
 */
export function varLayers(
  inventory: Inventory,
  dirs: readonly DirVars[],
  host: string,
  play: Play,
  extraVars: Vars,
): readonly VarLayer[] {
  const groups = ['all', ...(inventory.hosts.get(host)?.groups ?? [])];
  const given = (kind: VarLayer['kind'], name: string, vars: Vars | undefined): VarLayer[] =>
    vars === undefined ? [] : [{ kind, name, vars }];
  return [
    ...groups.flatMap((name) => given('group', name, inventory.groups.get(name)?.vars)),
    ...dirs.flatMap((dir) => groups.flatMap((name) => given('group', name, dir.groups.get(name)))),
    ...given('host', host, inventory.hosts.get(host)?.vars),
    ...dirs.flatMap((dir) => given('host', host, dir.hosts.get(host))),
    ...given('play', play.name, play.vars),
    ...play.tasks.flatMap((task) => given('task', task.name, task.vars)),
    ...given('extraVars', '', extraVars),
  ];
}

/** How deep a list of rules may hide in a variable. */
const MAX_DEPTH = 5;

/**
 * Which variable, of which group, host or play, holds what stands at a place: values keep their places through
 * merging and templates, so that a list put together from several variables is told apart, too. Null for what no
 * variable holds, and where several do.
 */
export function originOf(layers: readonly VarLayer[], file: string, line: number): Origin | null {
  const found = new Map<string, Origin>();
  for (const { kind, name, vars } of layers) {
    for (const [variable, value] of Object.entries(vars)) {
      if (holds(value, file, line, 0)) found.set(`${kind}\0${name}\0${variable}`, { variable, kind, name });
    }
  }
  const [only, ...others] = found.values();
  return only !== undefined && others.length === 0 ? only : null;
}

function holds(value: unknown, file: string, line: number, depth: number): boolean {
  if (typeof value !== 'object' || value === null || depth > MAX_DEPTH) return false;
  const place = placeOf(value);
  if (depth > 0 && place?.file === file && place.line === line && !Array.isArray(value)) return true;
  return Object.values(value).some((inner) => holds(inner, file, line, depth + 1));
}
