import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { AnsibleAnswer, AnsibleCase, PatternAnswer, Question } from './ansible.ts';
import type { VirtuneAnswer } from './virtune.ts';

/** Files of an inventory, by their paths. Those that begin with `#!` are made executable. */
export type Files = Readonly<Record<string, string>>;

export interface WrittenCases {
  readonly cases: readonly AnsibleCase[];
  /** The folder of each. */
  readonly dirs: readonly string[];
  readonly remove: () => Promise<void>;
}

/** Writes the files of cases, each into a folder of its own. Sources with a comma are lists of hosts. */
export async function writeCases(
  all: readonly {
    readonly files: Files;
    readonly sources: readonly string[];
    readonly patterns: readonly Question[];
    readonly vault?: string;
    readonly values?: boolean;
  }[],
): Promise<WrittenCases> {
  const root = await mkdtemp(join(tmpdir(), 'virtune-parity-'));
  const cases: AnsibleCase[] = [];
  for (const [i, { files, sources, patterns, vault, values = true }] of all.entries()) {
    const dir = join(root, String(i));
    const path = (name: string) => (name.includes(',') ? name : join(dir, name));
    for (const [name, text] of Object.entries(files)) {
      await mkdir(dirname(path(name)), { recursive: true });
      await writeFile(path(name), text);
      if (text.startsWith('#!')) await chmod(path(name), 0o755);
    }
    cases.push({
      sources: sources.map(path),
      patterns: patterns.map(([pattern, limit]) => [
        pattern.replaceAll('DIR', dir),
        limit?.replaceAll('DIR', dir) ?? null,
      ]),
      vault: vault === undefined ? null : path(vault),
      values,
    });
  }
  return {
    cases,
    dirs: all.map((_, i) => join(root, String(i))),
    remove: () => rm(root, { recursive: true, force: true }),
  };
}

/** What of two answers can be compared: variables and hosts in order. Errors count as such, whatever they say. */
export function comparable(answer: AnsibleAnswer | VirtuneAnswer): object {
  if ('failed' in answer) return { failed: answer.failed.length > 0, list: answer.list, graph: answer.graph };
  return { failed: answer.errors.length > 0, list: answer.list, graph: answer.graph };
}

/** Hosts in order, or that a term is wrong: Ansible only warns about one that matches nothing, and goes on. */
export function selection(
  answer: PatternAnswer | VirtuneAnswer['patterns'][number],
): readonly string[] | 'wrong' {
  const wrong =
    'ignored' in answer ? answer.ignored.length > 0 || answer.error !== null : answer.errors.length > 0;
  return wrong ? 'wrong' : answer.hosts;
}
