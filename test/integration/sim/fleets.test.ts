import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { renderRead } from '../../../src/libvirt/script.ts';
import { demoFleet } from '../../../src/sim/demo_fleet.ts';
import { scaleFleet } from '../../../src/sim/scale_fleet.ts';
import { runCommandLine } from '../../../src/sim/shell.ts';
import { startSimFleet } from '../../../src/sim/sshd.ts';
import { virsh } from '../../../src/sim/virsh.ts';
import { full } from '../../sweep.ts';
import { keep } from '../../unit/facts/parse.ts';

const READ = renderRead({ marker: 'M', uri: 'qemu:///system', keep: keep({ metadata: true }) });

describe('the demo fleet', () => {
  it('has something of everything', async () => {
    const hosts = demoFleet();
    expect(hosts.map((host) => host.name)).toEqual(['hv01', 'hv02', 'hv03'].map((n) => `${n}.example.net`));
    const domains = hosts.flatMap((host) => host.domains);
    expect(new Set(domains.map((d) => d.state))).toEqual(new Set(['running', 'shutoff', 'paused']));
    expect(domains.filter((d) => !d.persistent).map((d) => d.name)).toEqual(['web-07']);
    expect(domains.filter((d) => d.metadata.includes('db.large'))).toHaveLength(4);
    expect(
      domains.filter((d) => (d.live?.length ?? 0) > (d.config?.length ?? Infinity)).map((d) => d.name),
    ).toEqual(['web-06']);
  });

  it('is the same at every start', async () => {
    const read = () => Promise.all(demoFleet().map((host) => runCommandLine(host, READ)));
    expect(await read()).toEqual(await read());
  });
});

describe('the scale fleet', () => {
  it('depends on its seed alone', async () => {
    const read = async (seed: number) => {
      const [host] = scaleFleet({ hosts: 1, domains: 3, nics: 2, converged: 0.5, seed });
      return host && (await runCommandLine(host, READ)).stdout;
    };
    expect(await read(1)).toBe(await read(1));
    expect(await read(1)).not.toBe(await read(2));
  });

  it('has descriptions of realistic size', async () => {
    const [host] = scaleFleet({ hosts: 1, domains: 1, nics: 2 });
    const { length } = host ? (await virsh(host, ['dumpxml', 'vm-001'])).stdout : '';
    expect(length).toBeGreaterThan(5000);
    expect(length).toBeLessThan(8500);
  });

  it('listens a thousand times', { timeout: 120_000 }, async () => {
    const hosts = full(1000, 50);
    const fleet = await startSimFleet(scaleFleet({ hosts, domains: 1, nics: 1 }));
    expect(new Set(fleet.hosts.map((host) => host.port)).size).toBe(hosts);
    await fleet.close();
  });
});

describe('a fleet as a process of its own', () => {
  it('writes its files, says ready, and ends with its input', { timeout: 60_000 }, async () => {
    const dir = await mkdtemp(join(tmpdir(), 'virtune-fleet-'));
    const serve = join(import.meta.dirname, '../../../src/sim/serve.ts');
    const args = [
      '--import',
      import.meta.resolve('tsx'),
      serve,
      '--hosts',
      '2',
      '--domains',
      '1',
      '--nics',
      '1',
      '--out',
      dir,
    ];
    const child = spawn(process.execPath, args, { stdio: ['pipe', 'pipe', 'inherit'] });
    const [line] = await once(child.stdout, 'data');
    expect(String(line)).toBe('ready\n');
    const { compute } = parse(await readFile(join(dir, 'inventory.yml'), 'utf8')).all.children;
    expect(Object.keys(compute.hosts)).toEqual(['hv0001', 'hv0002']);
    expect(compute.vars).toMatchObject({
      ansible_user: 'root',
      ansible_ssh_private_key_file: join(dir, 'id_ed25519'),
      virtune_known_hosts_file: join(dir, 'known_hosts'),
      nic_limits: [{ domain: 'vm-*' }],
    });
    expect((await readFile(join(dir, 'known_hosts'), 'utf8')).trim().split('\n')).toHaveLength(2);
    if (process.platform !== 'win32') expect((await stat(join(dir, 'id_ed25519'))).mode & 0o777).toBe(0o600);
    child.stdin.end();
    expect(await once(child, 'exit')).toEqual([0, null]);
    await rm(dir, { recursive: true });
  });
});
