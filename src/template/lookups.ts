import { didYouMeanHint } from '../base/suggest.ts';
import { oneOf } from '../base/text.ts';
import { bind, type Given } from '../jinja/args.ts';
import { TemplateProblem } from '../jinja/problem.ts';
import { shown, Undefined } from '../jinja/value.ts';

/** What lookups need of the world. */
export interface Lookups {
  /** An environment variable; undefined where there is none. */
  readonly env: (name: string) => string | undefined;
  /** The text of a file. @throws TemplateProblem for one that is not there, or may not be read */
  readonly file: (path: string) => string;
}

/** The name under which magic variables hold {@link Lookups}: no template can name it. */
export const LOOKUPS = ' lookups';

interface Around {
  readonly lookups: Lookups | undefined;
  /** The value of a variable; Undefined where there is none. */
  readonly variable: (name: string) => unknown;
}

interface Plugin {
  readonly options: readonly string[];
  readonly run: (term: string, options: Readonly<Record<string, unknown>>, around: Around) => unknown;
}

const PLUGINS: Readonly<Record<string, Plugin>> = {
  env: {
    options: ['default'],
    run: (term, options, { lookups }) => {
      const name = term.trim().split(/\s+/)[0] ?? '';
      return world(lookups).env(name) ?? options.default ?? '';
    },
  },
  file: {
    options: ['rstrip', 'lstrip'],
    run: (term, { rstrip = true, lstrip = false }, { lookups }) => {
      const text = world(lookups).file(term);
      const right = rstrip === true ? text.trimEnd() : text;
      return lstrip === true ? right.trimStart() : right;
    },
  },
  vars: {
    options: ['default'],
    run: (term, options, { variable }) => {
      const value = variable(term);
      if (!(value instanceof Undefined)) return value;
      if (options.default === undefined) throw value.problem;
      return options.default;
    },
  },
};

function world(lookups: Lookups | undefined): Lookups {
  if (lookups === undefined) throw new TemplateProblem('lookups have nothing to read here');
  return lookups;
}

/**
 * What `lookup(name, …)` and `query(name, …)` give: a value for each term. Of Ansible's lookups only those that read what
 * lies here anyway; the others run programs, or ask the network.
 * @throws TemplateProblem
 */
export function runLookup(name: string, { positional, named }: Given, around: Around): readonly unknown[] {
  const short = name.replace(/^ansible\.(?:builtin|legacy)\./, '');
  const plugin = Object.hasOwn(PLUGINS, short) ? PLUGINS[short] : undefined;
  if (plugin === undefined) {
    const known = Object.keys(PLUGINS);
    const hint =
      didYouMeanHint(short, known) ??
      `virtune has ${oneOf(known, 'and')}; another value can be given with -e, or from a variable`;
    throw new TemplateProblem(`the lookup "${name}" is not supported by virtune`, hint);
  }
  const options = bind(`the lookup "${short}"`, plugin.options, { positional: [], named });
  return positional.map((term) => {
    if (typeof term !== 'string')
      throw new TemplateProblem(`the lookup "${short}" takes texts, found ${shown(term)}`);
    return plugin.run(term, options, around);
  });
}
