import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Vars } from '../../../src/model/inventory.ts';
import { parsePlaybook } from '../../../src/playbook/parse.ts';
import { loadVarsFiles } from '../../../src/project/vars_files.ts';
import { loadYaml } from '../../../src/project/yaml_file.ts';
import { parseYaml } from '../../../src/yaml/parse.ts';
import { tree } from './tree.ts';

const HOSTS: Readonly<Record<string, Vars>> = { hv1: { tier: 'gold' }, hv2: { tier: 'silver' } };

async function load(varsFiles: string, files: Record<string, string>) {
  const dir = await tree(files);
  const text = `- hosts: all\n  vars: {a: play, b: play, c: play}\n  vars_files: ${varsFiles}\n  tasks: [{nic_limits: }]`;
  const file = join(dir, 'p.yml');
  const { plays, diagnostics } = parsePlaybook(parseYaml(text, file).value, file, ['nic_limits']);
  expect(diagnostics).toEqual([]);
  const play = plays[0]!;
  const reads: string[] = [];
  const loaded = await loadVarsFiles(
    plays,
    () => Object.keys(HOSTS),
    (host) => ({ ...play.vars, ...HOSTS[host] }),
    (path) => {
      reads.push(path);
      return loadYaml(path, 'file of variables');
    },
  );
  return {
    of: (host: string) => loaded.playVarsOf(host, play),
    derived: (host: string, vars: Vars) =>
      loaded.playVarsOf(host, { ...play, vars: { ...play.vars, ...vars }, taskVars: vars }),
    errors: loaded.diagnostics.map(
      (d) => `${d.place?.line}:${d.place?.column} ${d.message.replaceAll(dir, '')}`,
    ),
    reads,
  };
}

describe('loadVarsFiles', () => {
  it('later files win over earlier ones, all over the play', async () => {
    const { of, errors } = await load('[one.yml, sub/two.yml]', {
      'one.yml': 'b: one\nc: one',
      'sub/two.yml': 'c: two',
    });
    expect(errors).toEqual([]);
    expect(of('hv1')).toEqual({ a: 'play', b: 'one', c: 'two' });
  });

  it('hosts may have different files, each read once', async () => {
    const { of, reads } = await load('["{{ tier }}.yml", all.yml]', {
      'gold.yml': 'b: g',
      'silver.yml': 'b: s',
      'all.yml': 'c: x',
    });
    expect([of('hv1').b, of('hv2').b, of('hv2').c]).toEqual(['g', 's', 'x']);
    expect(reads).toHaveLength(3);
  });

  it('of several the first that exists counts', async () => {
    const { of, errors } = await load('[["{{ gone }}.yml", "{{ tier }}.yml", default.yml]]', {
      'gold.yml': 'b: g',
      'default.yml': 'b: d',
    });
    expect(errors).toEqual([]);
    expect([of('hv1').b, of('hv2').b]).toEqual(['g', 'd']);
  });

  it('variables of a task win over files', async () => {
    const { derived } = await load('one.yml', { 'one.yml': 'b: one\nc: one' });
    expect(derived('hv1', { c: 'task' })).toEqual({ a: 'play', b: 'one', c: 'task' });
    // Also where they say what the play says.
    expect(derived('hv1', { c: 'play' })).toEqual({ a: 'play', b: 'one', c: 'play' });
  });

  it.each([
    ['gone.yml', '3:15 the file of variables /gone.yml does not exist'],
    ['[[x.yml, y.yml]]', '3:16 none of these files of variables exists: /x.yml, /y.yml'],
    ['"{{ nope }}.yml"', '3:15 the variable "nope" is not defined'],
    ['list.yml', '1:1 variables must be a map, found a list'],
  ])('%s', async (files, message) => {
    const { errors } = await load(files, { 'list.yml': '- a' });
    expect(errors).toEqual([message]);
  });
});
