import { spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { inject } from 'vitest';
import { LONG } from '../../long.ts';
import { type RealCloud, realCloud } from '../../openstack/real_cloud.ts';
import { LAB, run } from '../lab.ts';

/** The lab's cloud, as tests of it have it in common: one cloud for all of them, but for those about another kind. */

const SCRIPT = resolve(import.meta.dirname, '../../../lab/lab.sh');

/** Why these tests are left out; '' where they are not. */
export function whyLeftOut(): string {
  if (inject('labMissing') !== '') return inject('labMissing');
  if (LONG || process.env.CI === 'true') return '';
  if (spawnSync('bash', [SCRIPT, 'openstack', 'built']).status === 0) return '';
  return 'building it takes too long after every change: npm run test:long has it (here it runs where it is built)';
}

/** The same of tests that take minutes, which the long suite alone has. */
export function whyLeftToLong(): string {
  return LONG ? whyLeftOut() : 'it takes too long after every change: npm run test:long has it';
}

/** What a command has said beside that it waits for a cloud, which it does of a slow one. */
export function unhurried(said: string): string {
  return said.replaceAll(
    /^note: the cloud .* has not told of all its hosts and servers yet: waiting for it\n/gm,
    '',
  );
}

export interface LabCloud {
  readonly dir: string;
  readonly inventory: string;
  readonly cloudsYaml: string;
  readonly up: (...options: string[]) => Promise<void>;
  readonly down: () => Promise<void>;
  /** Runs a program within it. @returns what it printed */
  readonly inside: (...words: string[]) => Promise<string>;
  /** What libvirt describes of a server, by MAC, in its order: `in 1280, out 640`. */
  readonly described: (id: string, ...flags: string[]) => Promise<ReadonlyMap<string, string>>;
  /** Restarts one of its daemons. */
  readonly restart: (daemon: string) => Promise<void>;
  readonly login: (name: string) => Promise<RealCloud>;
}

/** @param state the folder of the lab that it is in */
export function labCloud(state: string = LAB): LabCloud {
  const dir = join(state, 'openstack');
  const command = async (...words: string[]): Promise<string> => {
    const ran = await run('bash', [SCRIPT, 'openstack', ...words], { VIRTUNE_LAB_DIR: state });
    if (ran.code !== 0)
      throw new Error(`lab.sh openstack ${words.join(' ')}: ${ran.code}\n${ran.stdout}${ran.stderr}`);
    return ran.stdout;
  };
  const inside = (...words: string[]) => command('exec', ...words);
  return {
    dir,
    inventory: join(dir, 'inventory/openstack.yml'),
    cloudsYaml: join(dir, 'clouds.yaml'),
    up: async (...options) => {
      mkdirSync(state, { recursive: true });
      await command('up', ...options);
    },
    down: async () => void (await command('down')),
    inside,
    described: async (id, ...flags) => {
      const xml = await inside('virsh', 'dumpxml', id, ...flags);
      const nics = [...xml.matchAll(/<interface .*?<\/interface>/gs)].map(([nic]) => nic);
      return new Map(
        nics.map((nic) => {
          const numbers = [...nic.matchAll(/<(in|out)bound average='(\d+)'/g)].map(
            ([, way, number]) => `${way} ${number}`,
          );
          return [/<mac address='(.*?)'/.exec(nic)?.[1] ?? '', numbers.join(', ')];
        }),
      );
    },
    restart: async (daemon) => void (await command('restart', daemon)),
    login: (name) => realCloud(join(dir, 'clouds.yaml'), name),
  };
}
