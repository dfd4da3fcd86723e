import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { type AnsibleAnswer, askAnsible, type Question } from './ansible.ts';
import { comparable, selection, type WrittenCases, writeCases } from './cases.ts';
import type { CorpusCase } from './corpus/case.ts';
import { DIFFERENCES, VAULT } from './corpus/differences.ts';
import { INI, REFUSED } from './corpus/ini.ts';
import { PATTERN_DIFFERENCES, PATTERN_FILES, PATTERNS } from './corpus/patterns.ts';
import { SOURCES } from './corpus/sources.ts';
import { STRUCTURE } from './corpus/structure.ts';
import { VARIABLES } from './corpus/variables.ts';
import { askVirtune, type VirtuneAnswer } from './virtune.ts';

const INVENTORIES: readonly CorpusCase[] = [
  ...STRUCTURE,
  ...VARIABLES,
  ...SOURCES,
  ...INI,
  ...VAULT,
  ...DIFFERENCES,
  ...REFUSED,
];
const PATTERN_CASE = {
  files: PATTERN_FILES,
  sources: ['hosts.yml'],
  patterns: [...PATTERNS, ...PATTERN_DIFFERENCES.map(({ question }) => question)],
};
const missing = inject('ansibleMissing');

function questions({ patterns = [] }: CorpusCase): Question[] {
  const asked = patterns.map((one): Question => (typeof one === 'string' ? [one, null] : one));
  return [['all', null], ['*', null], ['ungrouped', null], ...asked];
}

const start = (message: string, dir: string) => message.replace('DIR', dir);

interface Answers {
  /** Ansible as it is. */
  readonly plain: AnsibleAnswer;
  /** With the order of groups defined. */
  readonly ordered: AnsibleAnswer;
  readonly virtune: VirtuneAnswer;
  readonly dir: string;
}

describe.skipIf(missing !== null)('parity with Ansible', () => {
  const answers = new Map<CorpusCase | 'patterns', Answers>();
  let written: WrittenCases | null = null;

  beforeAll(async () => {
    const inventories = INVENTORIES.map((one) => ({
      sources: ['hosts.yml'],
      ...one,
      patterns: questions(one),
    }));
    written = await writeCases([...inventories, PATTERN_CASE]);
    const [plain, ordered] = await Promise.all([
      askAnsible(written.cases, { ordered: false }),
      askAnsible(written.cases, { ordered: true }),
    ]);
    const keys = [...INVENTORIES, 'patterns' as const];
    for (const [i, asked] of written.cases.entries()) {
      const key = keys[i];
      const [one, two] = [plain[i], ordered[i]];
      if (key === undefined || one === undefined || two === undefined)
        throw new Error('an answer is missing');
      answers.set(key, {
        plain: one,
        ordered: two,
        virtune: await askVirtune(asked),
        dir: written.dirs[i] ?? '',
      });
    }
  });
  afterAll(async () => written?.remove());

  const answersTo = (key: CorpusCase | 'patterns'): Answers => {
    const found = answers.get(key);
    if (found === undefined) throw new Error('not asked');
    return found;
  };

  it('has a corpus of the size that is promised', () => {
    expect(INVENTORIES.length).toBeGreaterThanOrEqual(210);
    expect(INI.length + REFUSED.length).toBeGreaterThanOrEqual(90);
    expect(new Set(INVENTORIES.map(({ name }) => name)).size).toBe(INVENTORIES.length);
    expect(new Set(PATTERNS.map(String)).size).toBe(PATTERNS.length);
    expect(PATTERNS.length).toBeGreaterThanOrEqual(150);
  });

  it.each(INVENTORIES.filter(({ differs, refused }) => differs === undefined && refused === undefined))(
    '$name',
    (one) => {
      const { plain, ordered, virtune } = answersTo(one);
      expect(plain.error).toBeUndefined();
      expect(virtune.errors).toEqual([]);
      expect(comparable(virtune)).toEqual(comparable(ordered));
      expect(comparable(virtune)).toEqual(comparable(plain));
      for (const [i, question] of questions(one).entries()) {
        const [a, b, v] = [plain, ordered, virtune].map(({ patterns }) => patterns[i]);
        if (a === undefined || b === undefined || v === undefined) throw new Error('not answered');
        expect([question, selection(v)]).toEqual([question, selection(b)]);
        const sort = (hosts: readonly string[] | 'wrong') =>
          one.undefinedOrder && hosts !== 'wrong' ? hosts.toSorted() : hosts;
        expect([question, sort(selection(v))]).toEqual([question, sort(selection(a))]);
      }
    },
  );

  it.each(PATTERNS.map((question, i) => [String(question), i] as const))('pattern %s', (_name, i) => {
    const { plain, ordered, virtune } = answersTo('patterns');
    const [a, b, v] = [plain.patterns[i], ordered.patterns[i], virtune.patterns[i]];
    if (a === undefined || b === undefined || v === undefined) throw new Error('not answered');
    expect(selection(v)).toEqual(selection(a));
    expect(selection(v)).toEqual(selection(b));
  });

  describe('refused by both', () => {
    it.each(REFUSED)('$name', (one) => {
      const { plain, virtune } = answersTo(one);
      const [message = '', line, column] = one.refused ?? [];
      expect(virtune.errors[0]?.slice(0, message.length)).toBe(message);
      expect(virtune.places[0]).toMatchObject({ line, column });
      // Or it breaks down.
      const failed = plain.error === undefined ? plain.failed : [plain.error];
      expect(failed).not.toEqual([]);
      const theirs = failed.find((text) => text.includes('with ini plugin')) ?? '';
      const theirLine = /: \/\S+:(\d+): /.exec(theirs)?.[1] ?? String(line);
      expect(theirLine).toBe(String(line));
    });
  });

  describe('differences on purpose', () => {
    it.each(INVENTORIES.filter(({ differs }) => differs !== undefined))('$name: $differs.why', (one) => {
      const { plain, virtune, dir } = answersTo(one);
      const differs = one.differs;
      if (differs === undefined) throw new Error('no difference');
      if (differs.ansible === null) expect(plain.failed).not.toEqual([]);
      else expect(plain.patterns[0]?.hosts).toEqual(differs.ansible);
      if (typeof differs.virtune === 'string')
        expect(virtune.errors[0]?.slice(0, start(differs.virtune, dir).length)).toBe(
          start(differs.virtune, dir),
        );
      else {
        expect(virtune.errors).toEqual([]);
        expect(virtune.patterns[0]?.hosts).toEqual(differs.virtune);
      }
      if (differs.vars === undefined) return;
      const [host, theirs, ours] = differs.vars;
      const varsOf = (list: unknown) =>
        (list as { _meta: { hostvars: Record<string, object> } })._meta.hostvars[host];
      expect(varsOf(plain.list)).toEqual(theirs);
      expect(varsOf(virtune.list)).toEqual(ours);
    });

    it.each(PATTERN_DIFFERENCES.map((one, i) => [String(one.question), one, i] as const))(
      '%s',
      (_name, one, i) => {
        const { plain, virtune } = answersTo('patterns');
        const at = PATTERNS.length + i;
        const [a, v] = [plain.patterns[at], virtune.patterns[at]];
        if (a === undefined || v === undefined) throw new Error('not answered');
        expect([one.why, selection(a)]).toEqual([one.why, one.ansible]);
        expect([one.why, selection(v)]).toEqual([one.why, one.virtune]);
      },
    );
  });
});
