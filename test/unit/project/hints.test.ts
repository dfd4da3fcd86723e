import { mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { nicLimits } from '../../../src/modules/nic_limits/index.ts';
import { readText } from '../../../src/project/files.ts';
import { loadInventory } from '../../../src/project/inventory.ts';
import { misspeltFinder } from '../../../src/project/misspelt.ts';
import { octalErrors } from '../../../src/project/octals.ts';
import { parseYaml } from '../../../src/yaml/parse.ts';
import { parseRules } from '../modules/of_module.ts';

/** What is said to people who have written something else than they mean. */

const said = (rule: string) => parseRules(nicLimits, `- { domain: a, ${rule} }`).said;
const hint = (rule: string) => said(rule)[0]?.split('; ').at(-1);

describe('a NIC that is named by a bare word', () => {
  it.each([
    ['vnet1', 'write nic: { target: vnet1 }'],
    ['tap1a2b3c4d-5e', 'write nic: { target: tap1a2b3c4d-5e }'],
    ['"52:54:0:12:34:56"', 'write nic: { mac: "52:54:0:12:34:56" }'],
    ['br-ex', 'write nic: { bridge: br-ex }'],
    ['"2"', 'write nic: 2, without quotes'],
    ['virtio', 'write nic: { model: virtio }'],
    ['bridge', 'write nic: { type: bridge }'],
    ['"!vhostuser"', 'write nic: { type: "!vhostuser" }'],
    ['first', 'write e.g. nic: 2 (a position), nic: { mac: … }, { target: … } or { bridge: … }'],
  ])('%s', (word, expected) => {
    expect(hint(`nic: ${word}, rate: 1 MB/s`)).toBe(expected);
  });
});

describe('a key that stands too high', () => {
  it.each([
    ['mac: "52:54:00:12:34:56"', 'write nic: { mac: … }'],
    ['state: running', 'write match: { state: … }'],
    ['flavor: m1', 'write match: { nova: { flavor: … } }'],
    // What is nowhere is perhaps misspelt.
    ['inbund: 1 MB/s', 'did you mean "inbound"?'],
  ])('%s', (key, expected) => {
    expect(hint(`${key}, rate: 1 MB/s`)).toBe(expected);
  });
});

describe('YAML that reads as something else', () => {
  const errors = (text: string) =>
    parseYaml(text, 'x.yml').diagnostics.map(({ message, hint: what }) => `${message}; ${what}`);

  it('is a value that begins with * or !', () => {
    expect(errors('domain: *web')).toEqual([
      'no anchor "&web" before this alias; if the value begins with "*", put it in quotes: "*web"',
    ]);
    expect(errors('a: &wep 1\ndomain: *web')).toEqual([
      'no anchor "&web" before this alias; did you mean "wep"?',
    ]);
    expect(errors('type: !vhostuser')[0]).toContain('put it in quotes: "!vhostuser"');
  });

  it('is a number that YAML takes as octal, wherever in the arguments', () => {
    const of = (text: string) =>
      octalErrors(parseYaml(text, 'x.yml').value).map(
        ({ message, hint: what, place }) => `${place?.line}:${place?.column} ${message}; ${what}`,
      );
    expect(of('rules:\n  - { rate: 010, nic: [1, 012] }\n  - inbound: { average: 0_20 }')).toEqual([
      '2:13 010 is 8: YAML takes a number that begins with 0 as octal; write 10, or 8 if that is meant',
      '2:27 012 is 10: YAML takes a number that begins with 0 as octal; write 12, or 10 if that is meant',
      '3:25 0_20 is 16: YAML takes a number that begins with 0 as octal; write 20, or 16 if that is meant',
    ]);
    expect(of('rules: [{ rate: 10, nic: 01, burst: "010", floor: 0, peak: 08, average: 0x10 }]')).toEqual([]);
  });
});

describe('a small rate without a unit', () => {
  it('is said to be libvirt’s, once for all rules', () => {
    expect(said('rate: 100')).toEqual([
      "2:24 note rate: 100 is 800 kbit/s: a rate without a unit is libvirt's own, kB/s; write rate: 100 Mbit/s if that is meant, or 800 kbit/s",
    ]);
    const two =
      '- { domain: a, inbound: { average: 50, peak: 100, burst: 1000 }, outbound: 40 }\n- { domain: b, upload: 30 }';
    const notes = parseRules(nicLimits, two).said.filter((line) => line.includes(' note '));
    expect(notes).toEqual([
      expect.stringMatching(/^2:\d+ note outbound: 40 is 320 kbit\/s.*\(and 1 more without/),
    ]);
    for (const fine of ['rate: 12500', 'rate: 100 kB/s', 'rate: unlimited', 'inbound: "100 Mbit/s"'])
      expect(said(fine).filter((line) => line.includes(' note '))).toEqual([]);
  });
});

describe('a variable that is nearly called as one that is read', () => {
  const meant = (...names: readonly string[]) =>
    misspeltFinder()(Object.fromEntries(names.map((name) => [name, 1]))).map((one) => one.hint);

  it('is told, and no other', () => {
    expect(meant('ansible_hots')).toEqual(['did you mean ansible_host?']);
    expect(meant('ansible_sssh_user', 'libvirt_url', 'virtune_host_timout')).toEqual([
      'did you mean ansible_ssh_user?',
      'did you mean libvirt_uri?',
      'did you mean virtune_host_timeout?',
    ]);
    expect(
      meant('ansible_hostname', 'ansible_winrm_transport', 'ansible_user_id', 'hots', 'ansible_tower'),
    ).toEqual([]);
    // Who has both means both.
    expect(meant('ansible_hots', 'ansible_host')).toEqual([]);
  });

  it('is none that virtune reads', () => {
    const root = resolve(import.meta.dirname, '../../../src');
    const files = ['connection', 'project'].flatMap((folder) =>
      readdirSync(join(root, folder), { recursive: true }).map((name) => join(root, folder, String(name))),
    );
    const texts = files.filter((name) => name.endsWith('.ts')).map((name) => readFileSync(name, 'utf8'));
    const names = texts.flatMap(
      (text) => text.match(/(?<=')(?:ansible|virtune|libvirt)_[a-z_]+[a-z](?=')/g) ?? [],
    );
    expect(names.length).toBeGreaterThan(30);
    expect(meant(...new Set(names))).toEqual([]);
    for (const name of new Set(names)) expect(meant(name), name).toEqual([]);
  });
});

describe('an inventory that is not there', () => {
  const dir = mkdtempSync(join(tmpdir(), 'virtune-hints-'));
  mkdirSync(join(dir, 'empty'));
  for (const name of ['prod.yml', 'notes.txt', 'hosts']) writeFileSync(join(dir, name), '');
  const told = async (source: string) => (await loadInventory([source])).diagnostics[0]?.hint;

  it('is told with what is there', async () => {
    expect(await told(`${dir}/staging.yml`)).toBe(`${dir} has hosts, prod.yml`);
    expect(await told(`${dir}/none/staging.yml`)).toBe(`there is no folder ${dir}/none`);
    expect(await told(`${dir}/empty/staging.yml`)).toBe(`${dir}/empty has nothing like one`);
    expect(await told(`${dir}/prot.yml`)).toBe('did you mean "prod.yml"?');
    expect(await told('hv01-zz')).toMatch(
      /^if this is a host, write "hv01-zz," with a comma; else name a file: /,
    );
  });
});

describe('a file that is not there', () => {
  const dir = mkdtempSync(join(tmpdir(), 'virtune-near-'));
  writeFileSync(join(dir, 'web.yml'), '# limits\n\n---\n- hosts: all\n  tasks: []\n');
  writeFileSync(join(dir, 'dbs.yml'), 'all: { hosts: { hv1: } }\n');
  writeFileSync(join(dir, 'old.json'), '[ { "hosts": "all" } ]');
  writeFileSync(join(dir, 'hosts.ini'), '[web]\nhv1\n');
  mkdirSync(join(dir, 'prod.yml'));
  const hintOf = async (name: string, what: string) =>
    (await readText(join(dir, name), what)).diagnostics[0]?.hint?.replace(dir, 'DIR');
  const NOTHING = 'DIR has nothing of that name';

  it.each([
    ['wed.yml', 'playbook', 'did you mean "web.yml"?'],
    ['wed.yml', 'inventory', NOTHING],
    ['dbx.yml', 'inventory', 'did you mean "dbs.yml"?'],
    ['dbx.yml', 'playbook', NOTHING],
    ['odl.json', 'playbook', 'did you mean "old.json"?'],
    ['odl.json', 'inventory', NOTHING],
    ['host.ini', 'inventory', 'did you mean "hosts.ini"?'],
    ['host.ini', 'playbook', NOTHING],
    ['prood.yml', 'inventory', 'did you mean "prod.yml"?'],
    ['prood.yml', 'playbook', NOTHING],
    ['wed.yml', 'policy', 'did you mean "web.yml"?'],
  ])('%s is, as a %s, perhaps: %s', async (name, what, hint) => {
    expect(await hintOf(name, what)).toBe(hint);
  });

  it('is told with the inventories alone that are there', async () => {
    writeFileSync(join(dir, 'virtune.policy.yml'), 'rules: []\n');
    const { diagnostics } = await loadInventory([join(dir, 'staging-area.yml')]);
    expect(diagnostics[0]?.hint).toBe(`${dir} has dbs.yml, hosts.ini, prod.yml`);
  });
});
