import { compileGlob, globMatch, isGlob } from '../../base/glob.ts';
import type { BaseRule, DomainMatch, DomainSelector } from './rule.ts';

/** Whether one rule's `domain` and `match` name every VM that another one's name, as far as that can be proved. */
export function coversVms(wide: BaseRule, narrow: BaseRule): boolean {
  return coversMatch(wide.match, narrow.match) && coversDomains(wide.domain, narrow.domain);
}

/** Whether no VM can be named by both, as far as that can be proved. */
export function vmsApart(a: BaseRule, b: BaseRule): boolean {
  if (a.domain === null || b.domain === null || a.domain.literal || b.domain.literal) return false;
  const [ours, theirs] = [wordsOf(a.domain).include, wordsOf(b.domain).include];
  if (ours.length === 0 || theirs.length === 0) return false;
  return ours.every((one) => theirs.every((other) => wordsApart(one, other)));
}

/** Two names that differ, a name that a glob does not match, or globs that begin differently. */
function wordsApart(a: Word, b: Word): boolean {
  if (a.isName && b.isName) return a.text !== b.text;
  if (a.isName && b.isGlob) return !b.matches(a.text);
  if (b.isName && a.isGlob) return !a.matches(b.text);
  if (a.prefix === null || b.prefix === null) return false;
  return !a.prefix.startsWith(b.prefix) && !b.prefix.startsWith(a.prefix);
}

/** Whether a rule's `domain` and `match` name every VM. */
export function namesEveryVm({ domain, match }: BaseRule): boolean {
  const domains = domain === null || (domain.exclude.length === 0 && domain.include.every(isEverything));
  return domains && Object.keys(match).length === 0;
}

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** A word that can only be a name: no glob, and no UUID, which could be the UUID of any VM. */
function isName(word: string): boolean {
  return !isGlob(word) && !UUID.test(word);
}

function isEverything(word: string): boolean {
  return /^\*+$/.test(word);
}

function coversDomains(wide: DomainSelector | null, narrow: DomainSelector | null): boolean {
  if (wide === null) return true;
  if (narrow?.literal || wide.literal) return false;
  const { include, exclude } = narrow === null ? NO_WORDS : wordsOf(narrow);
  const { texts, globs, exclude: wideExclude, everything } = wordsOf(wide);
  const included = (word: Word) => texts.has(word.text) || globs.some((other) => coversWord(other, word));
  if (!everything && (include.length === 0 || !include.every(included))) return false;
  return wideExclude.every(
    (word) =>
      exclude.some((other) => coversWord(other, word)) ||
      (include.length > 0 &&
        include.every((other) => other.isName && !coversWord(word, other) && !UUID.test(word.text))),
  );
}

/** A word of `domain`, looked at once: rules are held against each other, every one against all later ones. */
interface Word {
  readonly text: string;
  readonly isName: boolean;
  readonly everything: boolean;
  readonly isGlob: boolean;
  readonly matches: (name: string) => boolean;
  /** What a glob such as `web-*` begins with; null for other words. */
  readonly prefix: string | null;
}

interface Words {
  readonly include: readonly Word[];
  readonly exclude: readonly Word[];
  /** The texts of include, and its globs again: what is not a glob covers itself alone. */
  readonly texts: ReadonlySet<string>;
  readonly globs: readonly Word[];
  readonly everything: boolean;
}

const NO_WORDS: Words = { include: [], exclude: [], texts: new Set(), globs: [], everything: true };

const known = new WeakMap<DomainSelector, Words>();

function wordsOf(selector: DomainSelector): Words {
  const before = known.get(selector);
  if (before !== undefined) return before;
  const include = selector.include.map(toWord);
  const everything = include.length === 0 || include.some((word) => word.everything);
  const words = {
    include,
    exclude: selector.exclude.map(toWord),
    texts: new Set(selector.include),
    globs: include.filter((word) => word.isGlob),
    everything,
  };
  known.set(selector, words);
  return words;
}

function toWord(text: string): Word {
  const glob = isGlob(text);
  const before = text.slice(0, -1);
  return {
    text,
    isName: isName(text),
    everything: isEverything(text),
    isGlob: glob,
    matches: glob ? compileGlob(text) : () => false,
    prefix: text.endsWith('*') && !isGlob(before) ? before : null,
  };
}

/** Whether all that one word of `domain` names, another one names too. */
function coversWord(wide: Word, narrow: Word): boolean {
  if (wide.text === narrow.text || wide.everything) return true;
  if (narrow.isName) return wide.matches(narrow.text);
  return narrow.isGlob && wide.prefix !== null && narrow.text.startsWith(wide.prefix);
}

/** `web-*` covers `web-1*`: what stands before the first special character is the same in both. */
function hasPrefix(wide: string, narrow: string): boolean {
  return wide.endsWith('*') && !isGlob(wide.slice(0, -1)) && narrow.startsWith(wide.slice(0, -1));
}

function coversGlob(wide: string, narrow: string): boolean {
  if (wide === narrow || isEverything(wide)) return true;
  return isGlob(narrow) ? hasPrefix(wide, narrow) : isGlob(wide) && globMatch(wide, narrow);
}

function coversMatch(wide: DomainMatch, narrow: DomainMatch): boolean {
  const { state, persistent, title, nova, server } = wide;
  if (state !== undefined && !(narrow.state?.every((one) => state.includes(one)) ?? false)) return false;
  if (persistent !== undefined && persistent !== narrow.persistent) return false;
  if (title !== undefined && (narrow.title === undefined || !coversGlob(title, narrow.title))) return false;
  // The same words name the same servers; of others hosts tell.
  if (server !== undefined && JSON.stringify(server.asked) !== JSON.stringify(narrow.server?.asked))
    return false;
  if (nova === undefined) return true;
  const other = narrow.nova;
  if (other === undefined) return false;
  const covered = (key: 'name' | 'flavor' | 'project' | 'user', covers: typeof coversGlob) => {
    const [a, b] = [nova[key], other[key]];
    return a === undefined || (b !== undefined && covers(a, b));
  };
  // A project or user is named by name or by ID, and an ID says nothing of the name.
  const same = (a: string, b: string) => a === b;
  return (
    covered('name', coversGlob) &&
    covered('flavor', coversGlob) &&
    covered('project', same) &&
    covered('user', same)
  );
}
