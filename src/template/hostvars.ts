import { AlreadyTold, TemplateProblem } from '../jinja/problem.ts';
import { defined, type LazyMap } from '../jinja/value.ts';
import type { Vars } from '../model/inventory.ts';
import { variable } from './resolve.ts';
import { isKnown, type Magic, newState, type Resolving } from './state.ts';

/**
 * The `hostvars` of a play: other hosts' variables, made and resolved only when a template asks for one.
 * @param magic names that hold for every host; read when needed, so it may come to hold this very map
 */
export function hostVarsMap(
  hosts: ReadonlySet<string>,
  varsOf: (host: string) => Vars,
  magic: Magic,
): LazyMap {
  const known = new Map<string, LazyMap>();
  const names = [...hosts];
  return {
    lazy: true,
    name: 'hostvars',
    keys: () => names,
    get: (host) => {
      if (!hosts.has(host)) return undefined;
      const map = known.get(host) ?? oneHost(host, varsOf(host), magic);
      known.set(host, map);
      return map;
    },
  };
}

function oneHost(host: string, vars: Vars, magic: Magic): LazyMap {
  // Kept: what is open in it shows hosts whose variables stand for each other.
  const to = newState(vars, magic);
  return {
    lazy: true,
    name: `hostvars["${host}"]`,
    keys: () => Object.keys(vars),
    get: (name) => (isKnown(to, name) && !magic.has(name) ? resolved(name, host, to) : undefined),
  };
}

function resolved(name: string, host: string, to: Resolving): unknown {
  if (to.open.includes(name))
    throw new TemplateProblem(`variables of hosts stand for each other: hostvars["${host}"].${name}`);
  to.diagnostics.length = 0;
  to.work.left = Math.max(to.work.left, 10_000);
  try {
    const value = defined(variable(name, to, undefined, 0));
    const [first] = to.diagnostics;
    if (first !== undefined) {
      to.variables.delete(name);
      throw new TemplateProblem(`hostvars["${host}"].${name}: ${first.message}`, first.hint, first.missing);
    }
    return value;
  } catch (error) {
    if (error instanceof AlreadyTold) throw new TemplateProblem(`hostvars["${host}"].${name} has errors`);
    throw error;
  }
}
