import { isAbsolute, join, normalize } from 'node:path';
import type { Kind } from './table.ts';

/** What paths are resolved with. */
export interface Surroundings {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly home: string;
  readonly cwd: string;
}

export type Converted = { readonly value: unknown } | { readonly problem: string };

/**
 * The text of a setting as a value of its kind, as ansible-core does it (config/manager.py, ensure_type), but for truth
 * values: what is none is false to Ansible, and a mistake here.
 * @param base the folder that relative paths start from: that of the file, or the working folder
 */
export function convert(kind: Kind, text: string, base: string, around: Surroundings): Converted {
  switch (kind) {
    case 'truth': {
      const word = text.trim().toLowerCase();
      if (['y', 'yes', 'on', '1', 'true', 't'].includes(word)) return { value: true };
      if (['n', 'no', 'off', '0', 'false', 'f'].includes(word)) return { value: false };
      return { problem: 'must be true or false' };
    }
    case 'number':
      if (/^\s*\+?\d{1,9}\s*$/.test(text)) return { value: Number(text) };
      return { problem: 'must be a whole number' };
    case 'text':
      return { value: unquoted(text) };
    case 'path':
      return { value: resolvePath(text, base, around) };
    case 'paths':
      return { value: words(text).map((path) => resolvePath(path, base, around)) };
    case 'list':
      return { value: words(text) };
    case 'identities':
      return { value: words(text).map((identity) => resolveIdentity(identity, around)) };
  }
}

const words = (text: string): readonly string[] =>
  text
    .split(',')
    .map((word) => unquoted(word.trim()))
    .filter((word) => word !== '');

/** One pair of quotes around the whole is none of the value. */
function unquoted(text: string): string {
  const quoted = text.length > 1 && /^["']/.test(text) && text.at(-1) === text[0] && text.at(-2) !== '\\';
  return quoted ? text.slice(1, -1) : text;
}

/** An absolute path without `..`; `~`, variables of the environment and `{{CWD}}` expanded. */
export function resolvePath(text: string, base: string, around: Surroundings): string {
  const path = expand(text.replaceAll('{{CWD}}', around.cwd), around);
  const whole = normalize(isAbsolute(path) ? path : join(base, path));
  return whole.length > 1 ? whole.replace(/\/$/, '') : whole;
}

/** `ID@FILE`, `FILE` or `prompt`; unlike other paths of the file they start from the working folder, as in Ansible. */
function resolveIdentity(text: string, around: Surroundings): string {
  const at = text.indexOf('@');
  return `${text.slice(0, at + 1)}${expand(text.slice(at + 1), around)}`;
}

/** Python's expandvars and expanduser: what is not set stays as it is. */
function expand(text: string, { env, home }: Surroundings): string {
  const named = text.replaceAll(
    /\$(?:(\w+)|\{([^}]*)\})/g,
    (whole, bare: string | undefined, braced: string | undefined) => env[bare ?? braced ?? ''] ?? whole,
  );
  return named === '~' || named.startsWith('~/') ? home + named.slice(1) : named;
}
