import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { lab, run } from '../lab.ts';
import type { RuleSet } from './play.ts';
import type { Look, Oracle } from './types.ts';

export const HOSTS = ['hv01', 'hv02', 'hv03'] as const;

const LOOK = readFileSync(join(import.meta.dirname, 'look.py'), 'utf8');

/** What a host has, read without virtune. */
export async function lookAt(host: string): Promise<Look> {
  return JSON.parse(await lab(['exec', host, 'python3', '-'], LOOK)) as Look;
}

export async function lookAtAll(): Promise<Record<string, Look>> {
  const looks = await Promise.all(HOSTS.map(async (host) => [host, await lookAt(host)] as const));
  return Object.fromEntries(looks);
}

/** What is to come of a set of rules, by oracle.py. @param rewrite the run has --rewrite */
export async function askOracle(
  set: RuleSet,
  looks: Readonly<Record<string, Look>>,
  rewrite = false,
): Promise<Oracle> {
  const hosts = set.hosts.map((host) => [
    host,
    { look: looks[host], rules: set.rules[host], unmatched: set.unmatched },
  ]);
  const ran = await run(
    'python3',
    [join(import.meta.dirname, 'oracle.py')],
    {},
    JSON.stringify({ hosts: Object.fromEntries(hosts), rewrite }),
  );
  if (ran.code !== 0) throw new Error(`the oracle ended with ${ran.code}: ${ran.stderr}`);
  return JSON.parse(ran.stdout) as Oracle;
}
