import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import { checkPlaybooks, loadProject, type ProjectOptions } from '../../../src/project/project.ts';
import { createVault } from '../../../src/project/vault.ts';
import { tree } from '../../unit/project/tree.ts';

const vaultFile = readFileSync(join(import.meta.dirname, '../../unit/project/vault/plain_id.yml'), 'utf8');
const nobody = () => Promise.reject(new Error('nobody was to be asked'));
const noVault = () => createVault([], nobody);

const FILES = {
  'hosts.yml': 'all: {hosts: {hv1: {ansible_connection: local}, hv2: {ansible_connection: local}}}\n',
  'p.yml': '- hosts: "{{ target }}"\n  tasks: [{nic_limits: {rules: "{{ rules }}"}}]\n',
  pw: 'correct horse\n',
};

function optionsFor(dir: string, more: Partial<ProjectOptions> = {}): ProjectOptions {
  return {
    inventory: [join(dir, 'hosts.yml')],
    tags: { only: [], skip: [] },
    vault: noVault(),
    connection: { localUser: 'me', home: dir },
    askSecrets: async () => ({ become: {} }),
    ...more,
  };
}

const hosts = async (...input: Parameters<typeof loadProject>) =>
  (await loadProject(...input)).plays.flatMap((play) => play.batches.flat().map((job) => job.name));

describe('loadProject', () => {
  it('reads -e @FILE once: it may be a pipe', async () => {
    const dir = await tree(FILES);
    const pipe = join(dir, 'pipe');
    execFileSync('mkfifo', [pipe]);
    const written = writeFile(pipe, 'target: hv2\nrules: [{domain: a, inbound: 1 Mbit/s}]\n');
    const options = optionsFor(dir, { extraVars: [`@${pipe}`] });
    expect(await hosts({ playbooks: [join(dir, 'p.yml')] }, options)).toEqual(['hv2']);
    await written;
  });

  it('knows what an encrypted -e @FILE holds in keywords of plays, too', async () => {
    const play = "- hosts: \"{{ ['hv1', 'hv2'][number - 6] }}\"\n  tasks: [{nic_limits: {rules: []}}]\n";
    const dir = await tree({ ...FILES, 'vault.yml': vaultFile, 'p.yml': play });
    const vault = createVault([{ id: null, from: { file: join(dir, 'pw') } }], nobody);
    const options = optionsFor(dir, { extraVars: [`@${join(dir, 'vault.yml')}`], vault });
    expect(await hosts({ playbooks: [join(dir, 'p.yml')] }, options)).toEqual(['hv2']);
  });

  it('asks nobody for a password while something is wrong', async () => {
    const dir = await tree(FILES);
    const options = optionsFor(dir, { extraVars: ['target=hv1'], limit: ['hv9'], askSecrets: nobody });
    await expect(loadProject({ playbooks: [join(dir, 'p.yml')] }, options)).rejects.toThrow('hv9');
  });
});

describe('what a watch keeps of files', () => {
  it('holds no variables of hosts that it has nothing to do with', async () => {
    const dir = await tree({
      ...FILES,
      'hosts.yml':
        'g: {hosts: {hv1: {ansible_connection: local}, hv2: {ansible_connection: local, mine: [1]}}}\n',
    });
    const read = async () => {
      const options = optionsFor(dir, { extraVars: ['{"target": "hv1", "rules": []}'] });
      const {
        hostsOf: _,
        layersOf,
        ...kept
      } = await loadProject({ playbooks: [join(dir, 'p.yml')] }, options);
      const [{ play }] = kept.plays as [(typeof kept.plays)[number]];
      const own = layersOf('hv2', play).find(({ kind }) => kind === 'host');
      expect(own?.vars).toMatchObject({ mine: [1] });
      return { kept, vars: new WeakRef(own?.vars as object) };
    };
    const { kept, vars } = await read();
    await new Promise((resolve) => setImmediate(resolve));
    setFlagsFromString('--expose-gc');
    (runInNewContext('gc') as () => void)();
    expect(vars.deref()).toBeUndefined();
    expect([kept.groupsOf('hv2'), kept.serversOn('hv2')]).toEqual([['g'], null]);
  });
});

describe('checkPlaybooks', () => {
  it('needs no inventory, and says what is wrong with -e', async () => {
    const dir = await tree(FILES);
    const check = (...extraVars: string[]) =>
      checkPlaybooks([join(dir, 'p.yml')], { extraVars, vault: noVault() });
    expect(await check('target=hv1')).toEqual([]);
    await expect(check('target=hv1', '@/nowhere.yml')).rejects.toThrow('/nowhere.yml');
  });
});
