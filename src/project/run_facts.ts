import { stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { OMIT } from '../jinja/value.ts';
import { LOOKUPS, type Lookups } from '../template/lookups.ts';
import type { Magic } from '../template/state.ts';
import { createLookups } from './lookups.ts';

/** What templates may ask about the run itself, by Ansible's names. */
export interface RunFacts {
  readonly checkMode: boolean;
  readonly diffMode: boolean;
  readonly forks: number;
  readonly verbosity: number;
  readonly limit?: string | undefined;
  readonly tags: readonly string[];
  readonly skipTags: readonly string[];
  readonly inventorySources: readonly string[];
  /** What lookups may read of the environment. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The ansible.cfg in force. */
  readonly configFile?: string | undefined;
}

/** The ansible-core whose behaviour the parity tests hold virtune to. */
const ANSIBLE_VERSION = { full: '2.14.18', major: 2, minor: 14, revision: 18, string: '2.14.18' };

export const NO_FACTS: RunFacts = {
  checkMode: false,
  diffMode: false,
  forks: 1,
  verbosity: 0,
  tags: [],
  skipTags: [],
  inventorySources: [],
  env: {},
};

/**
 * The names that every template of a playbook has beside variables, for all its hosts alike, as in Ansible.
 * @param playbook its file; empty for plays that a command has made
 */
export function runMagic(facts: RunFacts, playbook: string, lookups?: Lookups): Magic {
  const { limit } = facts;
  return new Map<string, unknown>([
    ['omit', OMIT],
    ['playbook_dir', playbookDir(playbook)],
    ['ansible_check_mode', facts.checkMode],
    ['ansible_diff_mode', facts.diffMode],
    ['ansible_forks', facts.forks],
    ['ansible_verbosity', facts.verbosity],
    ['ansible_version', ANSIBLE_VERSION],
    ['ansible_run_tags', facts.tags.length === 0 ? ['all'] : facts.tags],
    ['ansible_skip_tags', facts.skipTags],
    ['ansible_inventory_sources', facts.inventorySources],
    ['ansible_config_file', facts.configFile ?? null],
    ...NO_ROLES.map((name) => [name, []] as const),
    ...(limit === undefined ? [] : [['ansible_limit', limit] as const]),
    ...(lookups === undefined ? [] : [[LOOKUPS, lookups] as const]),
  ]);
}

const NO_ROLES = [
  'ansible_play_role_names',
  'ansible_role_names',
  'ansible_dependent_role_names',
  'role_names',
];

/** The same by a playbook's file, with what lookups may read; each file has its own, made once. */
export async function magicOfRun(facts: RunFacts = NO_FACTS): Promise<(playbook: string) => Magic> {
  const folders = await Promise.all(facts.inventorySources.map(folderOf));
  const known = new Map<string, Magic>();
  return (playbook) => {
    const dir = playbookDir(playbook);
    const magic = known.get(dir) ?? runMagic(facts, playbook, createLookups(dir, folders.flat(), facts.env));
    known.set(dir, magic);
    return magic;
  };
}

async function folderOf(source: string): Promise<readonly string[]> {
  const found = await stat(source).catch(() => null);
  if (found === null) return [];
  return [found.isDirectory() ? source : dirname(source)];
}

/** Absolute, as in Ansible. */
function playbookDir(playbook: string): string {
  return resolve(playbook === '' ? '.' : dirname(playbook));
}
