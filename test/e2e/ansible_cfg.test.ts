import { chmodSync, copyFileSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Diagnosis } from '../../src/doctor/finding.ts';
import { defineDomain } from '../../src/sim/define.ts';
import { simHost } from '../../src/sim/model.ts';
import { type SimFleet, startSimFleet } from '../../src/sim/sshd.ts';
import { MAIN, type Ran, run } from './lab.ts';

/** The built command line in folders with an ansible.cfg, against a simulated fleet: no lab is needed. */
describe('ansible.cfg', () => {
  let fleet: SimFleet;
  let home = '';

  beforeAll(async () => {
    const hosts = ['hv1', 'hv2'].map((name) => {
      const host = simHost(name);
      host.knobs.virshWords = 'docker exec nova_libvirt virsh';
      defineDomain(host, { name: 'web', nics: [{ source: { bridge: 'br0' } }] });
      return host;
    });
    fleet = await startSimFleet(hosts);
    home = mkdtempSync(join(tmpdir(), 'virtune-cfg-'));
    mkdirSync(join(home, '.ssh'), { mode: 0o700 });
  });
  afterAll(() => fleet?.close());

  /** A folder with an inventory that says where the hosts are, and nothing of how to log in. */
  function folder(cfg: string, files: Readonly<Record<string, string>> = {}): string {
    const dir = mkdtempSync(join(home, 'work-'));
    const hosts = Object.fromEntries(
      fleet.hosts.map(({ name, address, port }) => [name, { ansible_host: address, ansible_port: port }]),
    );
    const vars = { libvirt_virsh: 'docker exec nova_libvirt virsh' };
    const all: Readonly<Record<string, string>> = {
      'ansible.cfg': cfg,
      'inv/hosts.yml': JSON.stringify({ all: { hosts, vars } }),
      'keys/id': fleet.privateKey,
      known_hosts: fleet.hosts.flatMap((host) => host.knownHosts.map((line) => `${line}\n`)).join(''),
      'play.yml': JSON.stringify([
        { hosts: 'all', tasks: [{ nic_limits: { rules: [{ domain: 'web', rate: '8 Mbit/s' }] } }] },
      ]),
      ...files,
    };
    for (const [name, text] of Object.entries(all)) {
      mkdirSync(dirname(join(dir, name)), { recursive: true });
      writeFileSync(join(dir, name), text, { mode: 0o600 });
    }
    return dir;
  }

  const virtune = (dir: string, args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<Ran> =>
    run('sh', [
      '-c',
      'unset ANSIBLE_CONFIG; cd "$0" && exec "$@"',
      dir,
      'env',
      `HOME=${home}`,
      ...words(env),
      process.execPath,
      MAIN,
      ...args,
    ]);
  const words = (env: NodeJS.ProcessEnv): readonly string[] =>
    Object.entries(env).map(([name, value]) => `${name}=${value}`);

  const CFG = `[defaults]
inventory = inv/hosts.yml
remote_user = root      ; the simulated fleet takes any
private_key_file = keys/id
gathering = smart
forks = 1
[ssh_connection]
ssh_common_args = -o UserKnownHostsFile=known_hosts
pipelining = True
`;

  it('says where the hosts are and how to log in; --version and -v name the file', async () => {
    const dir = folder(CFG);
    const check = await virtune(dir, ['run', 'play.yml', '--check']);
    expect([check.code, check.stderr]).toEqual([2, '']);
    const file = join(dir, 'ansible.cfg');
    expect((await virtune(dir, ['--version'])).stdout).toMatch(
      /^\d+\.\d+\.\d+\S*\n {2}config file = (.*)\n$/,
    );
    expect((await virtune(dir, ['--version'])).stdout).toContain(`config file = ${file}\n`);
    expect((await virtune(dir, ['run', 'play.yml', '--check', '-v'])).stderr).toContain(
      `using ${file} as config file`,
    );
    expect((await virtune(join(dir, 'inv'), ['--version'])).stdout).toContain('config file = ');
    const elsewhere = await virtune(home, ['run', join(dir, 'play.yml'), '--check'], { ANSIBLE_CONFIG: dir });
    // Paths start from the file, arguments of ssh from where one is.
    expect([elsewhere.code, elsewhere.stdout + elsewhere.stderr]).toEqual([
      4,
      expect.stringContaining('is not in known_hosts'),
    ]);
  });

  it('counts less than the environment, that less than options, and those less than variables', async () => {
    const dir = folder(CFG.replace('remote_user = root', 'remote_user = file'));
    const user = async (args: readonly string[], env: NodeJS.ProcessEnv = {}) => {
      const { stdout } = await virtune(dir, ['doctor', 'hv1', '--report', 'json', ...args], env);
      const { findings } = (JSON.parse(stdout) as Diagnosis).hosts[0]!;
      return findings.find(({ check }) => check === 'authentication')?.text;
    };
    expect(await user([])).toBe('as file');
    expect(await user([], { ANSIBLE_REMOTE_USER: 'environment' })).toBe('as environment');
    expect(await user(['-u', 'option'], { ANSIBLE_REMOTE_USER: 'environment' })).toBe('as option');
    expect(await user(['-u', 'option', '-e', 'ansible_user=variable'])).toBe('as variable');
    const other = await virtune(dir, ['inventory', '--list', '-i', 'x1,']);
    expect(JSON.parse(other.stdout).ungrouped.hosts).toEqual(['x1']);
  });

  it('turns become, checks of host keys, tags and any_errors_fatal on and off', async () => {
    const become = `${CFG}[privilege_escalation]\nbecome = yes\nbecome_method = su\n`;
    const refused = await virtune(folder(become), ['run', 'play.yml', '--check']);
    expect(refused.code).toBe(1);
    expect(refused.stderr).toContain('the become method "su" is not supported');
    const unchecked = CFG.replace('forks = 1', 'host_key_checking = False').replace(/^ssh_common.*/m, '');
    const { code, stderr } = await virtune(folder(unchecked), ['run', 'play.yml', '--check']);
    expect([code, stderr]).toEqual([2, expect.stringContaining('StrictHostKeyChecking is off')]);
    const tags = await virtune(folder(`${CFG}[tags]\nrun = other\n`), ['run', 'play.yml', '--list-tasks']);
    expect(tags.stdout).not.toContain('nic_limits');
    const down = fleet.hosts[0]!.host.knobs;
    down.libvirtd = 'down';
    const serial = JSON.stringify([{ ...JSON.parse(readPlay()), serial: 1 }]);
    const fatal = await virtune(
      folder(`${CFG.replace('forks = 1', 'any_errors_fatal = True')}`, { 'play.yml': serial }),
      ['run', 'play.yml'],
    );
    down.libvirtd = 'up';
    expect([fatal.code, fatal.stdout]).toEqual([3, expect.stringContaining('any_errors_fatal')]);
  });
  const readPlay = () =>
    JSON.stringify({
      hosts: 'all',
      tasks: [{ nic_limits: { rules: [{ domain: 'web', rate: '8 Mbit/s' }] } }],
    });

  it('names once what it does not read, and refuses what is wrong before any host', async () => {
    const odd = `${CFG}[inventory]\nenable_plugins = ini\n[defaults2]\nx = y\n`.replace(
      'forks = 1',
      'hash_behaviour = merge',
    );
    const { code, stderr } = await virtune(folder(odd), ['run', 'play.yml', '--check', '--strict']);
    expect([code, stderr.match(/warning/g)?.length]).toEqual([2, 1]);
    expect(stderr).toContain('hash_behaviour, [inventory] enable_plugins\n');
    const before = fleet.hosts.map(({ counts }) => counts.connections);
    const wrong = await virtune(folder(CFG.replace('forks = 1', 'forks = 1 # one')), ['run', 'play.yml']);
    expect([wrong.code, wrong.stderr]).toEqual([
      1,
      expect.stringMatching(/ansible\.cfg:6:1: error: forks must be a whole number/),
    ]);
    const twice = await virtune(folder(`${CFG}[defaults]\nforks = 2\n`), ['run', 'play.yml']);
    expect([twice.code, twice.stderr]).toEqual([
      1,
      expect.stringContaining('ansible.cfg:10:1: error: the section [defaults]'),
    ]);
    expect(fleet.hosts.map(({ counts }) => counts.connections)).toEqual(before);
  });

  it('is not read from a folder in which anybody may write', async () => {
    const dir = folder(CFG);
    chmodSync(dir, 0o777);
    const passed = await virtune(dir, ['run', 'play.yml', '--check']);
    expect([passed.code, passed.stderr]).toEqual([
      1,
      expect.stringContaining('anybody may write into this folder'),
    ]);
    const meant = await virtune(dir, ['run', 'play.yml', '--check'], { ANSIBLE_CONFIG: 'ansible.cfg' });
    expect([meant.code, meant.stderr]).toEqual([2, '']);
  });

  it('of the home is read where the folder has none, and the demo reads none', async () => {
    const dir = folder(CFG);
    const file = join(home, '.ansible.cfg');
    copyFileSync(join(dir, 'ansible.cfg'), file);
    expect((await virtune(home, ['--version'])).stdout).toContain(`config file = ${file}\n`);
    writeFileSync(file, readFileSync(file, 'utf8').replace('forks = 1', 'forks = none'));
    expect((await virtune(home, ['validate'])).code).toBe(1);
    expect((await virtune(home, ['demo'])).code).toBe(0);
  });
});
