import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Command } from 'commander';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { shellWords } from '../../../src/base/shell_words.ts';
import { commandLine } from '../../../src/cli/program.ts';
import { unreadWarning } from '../../../src/cli/settings.ts';
import { type Diagnostic, InputError } from '../../../src/model/diagnostic.ts';
import { MODULES } from '../../../src/modules/index.ts';
import { loadProject } from '../../../src/project/project.ts';
import { createVault } from '../../../src/project/vault.ts';
import { renderDiagnostic } from '../../../src/report/diagnostic.ts';
import { parseCfg } from '../../../src/settings/cfg.ts';
import { readSettings } from '../../../src/settings/read.ts';
import { tree } from '../project/tree.ts';
import { blocksOf, blockWith } from './blocks.ts';

const ROOT = resolve(import.meta.dirname, '../../..');

/** What virtune says of a project of these files, `p.yml` and `hosts`, and how many tasks its hosts have. */
async function load(files: Readonly<Record<string, string>>) {
  const dir = await tree(files);
  try {
    const { plays, warnings } = await loadProject(
      { playbooks: [join(dir, 'p.yml')] },
      {
        inventory: [join(dir, files.hosts === undefined ? 'hosts.yml' : 'hosts')],
        tags: { only: [], skip: [] },
        // Before the moments until which rules hold in them.
        now: Date.UTC(2026, 10, 1),
        vault: createVault([], () => Promise.reject(new Error('nobody was to be asked'))),
        connection: { localUser: 'me', home: dir },
        askSecrets: async () => ({ become: {} }),
      },
    );
    const jobs = plays.flatMap(({ batches }) => batches.flat());
    return { dir, said: warnings, tasks: jobs.flatMap((job) => job.tasks).length };
  } catch (error) {
    if (error instanceof InputError) return { dir, said: error.diagnostics, tasks: 0 };
    throw error;
  }
}

const HOSTS = 'all: {children: {compute: {hosts: {hv01: , hv02: , hv03: }}, spare: {hosts: {hv04: }}}}\n';
const messages = (said: readonly Diagnostic[]) => said.map(({ message }) => message);

/** The files in which an example makes sense, by what it begins with. */
function around(text: string): Readonly<Record<string, string>> {
  const value: unknown = parse(text);
  const vars = MODULES.map(({ name }) => `${name}: {rules: "{{ ${name} }}"}`);
  const [key = ''] = Object.keys(value as object);
  if (!Array.isArray(value) && vars.some((one) => one.startsWith(`${key}:`))) {
    const task = vars.find((one) => one.startsWith(`${key}:`));
    return { 'hosts.yml': HOSTS, 'group_vars/all.yml': text, 'p.yml': `- {hosts: all, tasks: [{${task}}]}` };
  }
  const play = '- {hosts: all, tasks: [{nic_limits: {rules: [{domain: x, rate: 1 Mbit/s}]}}]}';
  if (!Array.isArray(value)) {
    const hasHosts = text.includes('hosts:');
    return { 'hosts.yml': hasHosts ? text : `${text}  hosts: {hv01: }\n`, 'p.yml': play };
  }
  const isPlay = (value as readonly object[]).every((one) => 'hosts' in one);
  if (!isPlay)
    return {
      'hosts.yml': HOSTS,
      'p.yml': `- hosts: all\n  tasks:\n    - nic_limits:\n        rules:\n${text.replaceAll(/^/gm, '          ')}`,
    };
  const whole = text.includes('tasks:')
    ? text
    : `${text}  tasks: [{nic_limits: {rules: "{{ nic_limits }}"}}]\n`;
  return {
    'hosts.yml': HOSTS,
    'group_vars/all.yml': 'tier: gold\nnic_limits: [{domain: x, rate: 1 Mbit/s}]\n',
    'limits/gold.yml': 'extra_rules: [{domain: y, rate: 1 Mbit/s}]\n',
    'p.yml': whole,
  };
}

/** Rules of one line each are examples of their own. */
const alternatives = (text: string) => (text.startsWith('- {') ? text.trimEnd().split('\n') : [text]);

const PAGES = ['rules.md', 'cpu-memory-disks.md', 'playbooks.md', 'inventory.md', 'containers.md'];
const EXAMPLES = PAGES.flatMap((page) =>
  blocksOf(page)
    .filter(({ language }) => language === 'yaml')
    .flatMap(({ text }) => alternatives(text))
    .map((text, index) => [page, index + 1, text] as const),
);

describe('examples in the docs', () => {
  it.each(EXAMPLES)('%s, example %i', async (page, _, text) => {
    const [vms] = blocksOf(page).filter((block) => block.text.startsWith('[vms]'));
    const files = around(text);
    const { said, tasks } = await load(
      text.includes('hosts: vms') ? { hosts: vms?.text ?? '', 'p.yml': text } : files,
    );
    expect(messages(said)).toEqual([]);
    expect(tasks).toBeGreaterThan(0);
  });

  it('are not fewer than they were', () => {
    expect(EXAMPLES.length).toBeGreaterThanOrEqual(13);
  });

  it('show which settings of Ansible are not read', () => {
    const text = '[defaults]\nhash_behaviour = merge\n[inventory]\nenable_plugins = x\n';
    const { cfg } = parseCfg(text, '/srv/ops/ansible.cfg');
    const settings = readSettings(cfg, { env: {}, cwd: '/', home: '/' });
    const [warning] = unreadWarning('/srv/ops/ansible.cfg', settings);
    expect(blockWith('ansible-cfg.md', 'does not read')).toBe(`warning: ${warning?.message}\n`);
  });

  it('show a mistake as it is told', async () => {
    const said = blockWith('playbooks.md', 'is ambiguous or not a rate');
    const vars = `rates: { silver: 100 mbps }\n${'\n'.repeat(3)}nic_limits:\n  - domain: web\n    rate: "{{ rates.silver }}"\n`;
    const shown = await load({
      'hosts.yml': HOSTS,
      'group_vars/compute.yml': vars,
      'p.yml': '- {hosts: compute, tasks: [{nic_limits: {rules: "{{ nic_limits }}"}}]}',
    });
    const [first, ...others] = shown.said;
    expect(others).toEqual([]);
    expect(`${renderDiagnostic(first as Diagnostic, vars).replaceAll(`${shown.dir}/`, '')}\n`).toBe(said);
  });
});

describe('the fields of reports', () => {
  /** All names of properties in a schema. */
  const namesIn = (schema: unknown): readonly string[] => {
    if (typeof schema !== 'object' || schema === null) return [];
    const own = Object.keys((schema as { properties?: object }).properties ?? {});
    return [...own, ...Object.values(schema).flatMap(namesIn)];
  };
  const schema = JSON.parse(readFileSync(join(ROOT, 'schemas/report.schema.json'), 'utf8'));
  const known = new Set(namesIn(schema));

  it('that report.md names are those of the schema', () => {
    const text = blockWith('report.md', 'unmatchedRules, missingDomains [');
    const names = text.replaceAll(/"[^"]*"|\(.*?\)|: .*$|by kind.*/gms, ' ');
    const told = [...names.matchAll(/[a-z]\w*/gi)].map(([name]) => name);
    expect(told.length).toBeGreaterThan(10);
    const top = Object.keys(schema.properties);
    for (const name of top) expect(text).toMatch(new RegExp(`\\b${name}\\b`));
    expect(told.filter((name) => !known.has(name) && !['or', 'null', 'if', 'and'].includes(name))).toEqual(
      [],
    );
  });
});

describe('examples for CI', () => {
  it('give the component what it takes', () => {
    const [component = ''] = readFileSync(join(ROOT, 'templates/virtune.yml'), 'utf8').split(/^---$/m);
    const inputs = Object.keys(parse(component).spec.inputs);
    for (const { text } of blocksOf('ci/review.md').filter(({ language }) => language === 'yaml'))
      for (const one of parse(text).include) {
        expect(one.component).toMatch(/\/virtune@0\.1$/);
        expect(inputs).toEqual(expect.arrayContaining(Object.keys(one.inputs)));
      }
  });

  it('alert on metrics that there are, of statuses that hosts have', () => {
    const rules = parse(blockWith('ci/timer.md', 'alert:')) as readonly { readonly expr: string }[];
    const source = readFileSync(join(ROOT, 'src/reporters/prometheus.ts'), 'utf8');
    const names = rules.flatMap(({ expr }) => [...expr.matchAll(/virtune_\w+/g)].map(([name]) => name));
    expect(names.length).toBeGreaterThan(1);
    for (const name of names) expect(source).toContain(name);
    const statuses = /status=~"(.*)"/.exec(rules.map(({ expr }) => expr).join())?.[1]?.split('|') ?? [];
    const known = JSON.stringify(
      JSON.parse(readFileSync(join(ROOT, 'schemas/report.schema.json'), 'utf8')).properties.hosts,
    );
    for (const status of statuses) expect(known).toContain(`"${status}"`);
  });
});

/** Commands of virtune in pages, which a shell would run. */
const commandsOf = (page: string): readonly string[] => {
  const text = readFileSync(join(ROOT, page), 'utf8');
  const blocks = [...text.matchAll(/^```(?:sh|console)?\n(.*?)^```$/gms)].map(([, inner = '']) => inner);
  return [...blocks.join('\n').matchAll(/^(?:\$ )?(?:npx )?(virtune (?!ALL=)[^\n#;|]*)/gm)].map(
    ([, one = '']) => one,
  );
};

describe('commands in the docs', () => {
  const pages = [
    'README.md',
    ...readdirSync(join(ROOT, 'docs'), { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.md'))
      .map((name) => `docs/${name}`),
  ];
  const all = pages.flatMap((page) => commandsOf(page).map((command) => [page, command] as const));

  it('are some', () => expect(all.length).toBeGreaterThan(12));

  it.each(all)('%s: %s', async (_, command) => {
    const words = shellWords(command.replaceAll(/[<>]\S+|&&.*$/g, '').trim());
    if ('problem' in words) throw new Error(words.problem);
    const program = commandLine(() => {});
    const ran: string[] = [];
    const watch = (commands: readonly Command[]) => {
      for (const one of commands) {
        one.exitOverride().action(() => void ran.push(one.name()));
        watch(one.commands);
      }
    };
    watch(program.exitOverride().commands);
    await program.parseAsync(words.slice(1), { from: 'user' });
    expect(ran).toHaveLength(1);
  });
});
