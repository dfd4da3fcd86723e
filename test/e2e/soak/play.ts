import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LAB, type Written } from '../lab.ts';
import type { Draw } from './draw.ts';
import { type DrawnRule, drawRule } from './rules.ts';
import type { Look, Meant } from './types.ts';
import { toYaml } from './yaml.ts';

/** One set of rules: for which hosts, what it says of each, and its files. */
export interface RuleSet {
  readonly hosts: readonly string[];
  readonly rules: Readonly<Record<string, readonly Meant[]>>;
  readonly unmatched: 'leave' | 'unlimited';
  readonly written: Written;
  /** Options of the command line beside playbook and inventory. */
  readonly options: readonly string[];
  /** All that was written, for the one who looks into a failure. */
  readonly text: string;
}

/** Where the rules stand: in the playbook, in a file for -e, or beside each host that has rules of its own. */
const PLACES = ['playbook', 'extra', 'hosts'] as const;

export function drawSet(draw: Draw, looks: Readonly<Record<string, Look>>): RuleSet {
  const all = Object.keys(looks);
  const hosts = draw.chance(0.6) ? all : draw.some(all);
  const place = draw.pick(PLACES);
  const domains = (names: readonly string[]) => names.flatMap((name) => looks[name]?.domains ?? []);
  const count = () => draw.pick([1, 2, 3, 4, 5, 8]);
  const drawRules = (names: readonly string[], prefix: string): DrawnRule[] =>
    Array.from({ length: count() }, (_, index) => {
      const named = place === 'hosts' || draw.chance(0.5);
      const name = named ? `${prefix}${index + 1}` : `rule ${index + 1}`;
      return drawRule(draw, domains(names), name, named);
    });
  const drawn = place === 'hosts' ? null : drawRules(hosts, 'r');
  const byHost = Object.fromEntries(hosts.map((host) => [host, drawn ?? drawRules([host], `${host} r`)]));
  const unmatched = draw.chance(0.12) ? 'unlimited' : 'leave';

  const files: Record<string, string> = {};
  const rulesOf = (rules: readonly DrawnRule[]) => rules.map(({ written }) => written);
  const shown = place === 'playbook' ? rulesOf(drawn ?? []) : '{{ limits }}';
  const pattern = draw.pick([hosts, hosts.join(':'), hosts.length === all.length ? 'all' : hosts.join(',')]);
  const module = { rules: shown, ...(unmatched === 'unlimited' || draw.chance(0.3) ? { unmatched } : {}) };
  const play = { name: 'soak', hosts: pattern, tasks: [{ nic_limits: module }] };
  files['play.yml'] = toYaml(draw, [play]);
  if (place === 'extra') files['vars.yml'] = toYaml(draw, { limits: rulesOf(drawn ?? []) });
  if (place === 'hosts') {
    const entries = hosts.map((host) => [host, { limits: rulesOf(byHost[host] ?? []) }]);
    files['more.yml'] = toYaml(draw, { all: { hosts: Object.fromEntries(entries) } });
  }
  const dir = mkdtempSync(join(tmpdir(), 'virtune-soak-'));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(dir, name), `${text}\n`);
  const more = place === 'hosts' ? ['-i', join(dir, 'more.yml')] : [];
  return {
    hosts,
    rules: Object.fromEntries(hosts.map((host) => [host, (byHost[host] ?? []).map(({ meant }) => meant)])),
    unmatched,
    written: {
      playbook: join(dir, 'play.yml'),
      inventory: ['-i', join(LAB, 'inventory.yml'), ...more],
      dir,
    },
    options: place === 'extra' ? ['-e', `@${join(dir, 'vars.yml')}`] : [],
    text: Object.entries(files)
      .map(([name, text]) => `--- ${name}${text}`)
      .join('\n'),
  };
}
