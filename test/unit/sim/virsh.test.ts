import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { defineDomain, limits, simNetwork } from '../../../src/sim/define.ts';
import type { SimHost } from '../../../src/sim/model.ts';
import { simHost } from '../../../src/sim/model.ts';
import { virsh } from '../../../src/sim/virsh.ts';

/** What the contract with a real libvirt does not reach; sections of the libvirt facts in parentheses. */

const MAC = '52:54:00:00:00:01';

function oneVm(nic = {}): SimHost {
  const host = simHost('hv', [simNetwork({ name: 'nat', forward: 'nat', bridge: 'virbr0' })]);
  defineDomain(host, { name: 'vm', nics: [{ mac: MAC, source: { bridge: 'br0' }, ...nic }] });
  return host;
}

const set = (host: SimHost, ...options: string[]) => virsh(host, ['-q', 'domiftune', 'vm', MAC, ...options]);

async function query(host: SimHost, ...options: string[]): Promise<Record<string, number>> {
  const { stdout } = await virsh(host, ['-q', 'domiftune', 'vm', MAC, ...options]);
  const lines = stdout
    .trim()
    .split('\n')
    .map((line) => line.split(':'));
  return Object.fromEntries(lines.map(([name = '', number = '']) => [name.trim(), Number(number)]));
}

describe('set and query', () => {
  it('give back what was set, in both states, a direction whole', async () => {
    const field = fc.nat(4_194_303);
    const rate = fc.record({ average: fc.integer({ min: 1, max: 4_194_303 }), peak: field, burst: field });
    await fc.assert(
      fc.asyncProperty(rate, rate, rate, async (first, second, outbound) => {
        const host = oneVm();
        const text = (r: typeof first) => `${r.average},${r.peak},${r.burst}`;
        await set(host, '--live', '--config', '--inbound', text(first), '--outbound', text(outbound));
        await set(host, '--live', '--config', '--inbound', text(second));
        for (const state of ['--live', '--config']) {
          expect(await query(host, state)).toEqual({
            'inbound.average': second.average,
            'inbound.peak': second.peak,
            'inbound.burst': second.burst,
            'inbound.floor': 0,
            'outbound.average': outbound.average,
            'outbound.peak': outbound.peak,
            'outbound.burst': outbound.burst,
          });
        }
      }),
    );
  });

  it('query cuts 64-bit values off, dumpxml does not (1.3)', async () => {
    const host = oneVm({ inbound: { average: 4_294_967_296 } });
    expect((await query(host))['inbound.average']).toBe(0);
    expect((await virsh(host, ['dumpxml', 'vm'])).stdout).toContain("average='4294967296'");
  });
});

describe('a busy domain (1.5)', () => {
  const LOCKED =
    'error: Unable to set interface parameters\nerror: Timed out during operation: cannot acquire state change lock (held by monitor=remoteDispatchDomainSave)\n';

  it('gives up after the lock timeout, as often as told, while reads go on', async () => {
    const host = oneVm();
    host.knobs.lockTimeoutMs = 1;
    const [domain] = host.domains;
    if (domain) domain.busy = { attempts: 2, holder: 'remoteDispatchDomainSave' };
    for (const _ of [1, 2])
      expect(await set(host, '--inbound', '5')).toMatchObject({ stderr: LOCKED, code: 1 });
    expect((await query(host))['inbound.average']).toBe(0);
    expect(await set(host, '--inbound', '5')).toMatchObject({ stderr: '', code: 0 });
  });

  it('succeeds when the other job ends in time', async () => {
    const host = oneVm();
    host.knobs.lockTimeoutMs = 20;
    const [domain] = host.domains;
    if (domain === undefined) throw new Error('no domain');
    domain.busy = { attempts: Number.POSITIVE_INFINITY, holder: 'remoteDispatchDomainSave' };
    const waiting = set(host, '--inbound', '5');
    domain.busy = null;
    expect(await waiting).toMatchObject({ code: 0 });
  });
});

describe('Open vSwitch (3.2)', () => {
  it('keeps a peak and a burst that are no longer set, until the direction is cleared', async () => {
    const host = oneVm({ source: { bridge: 'br-int' }, virtualport: 'openvswitch', target: 'tap0' });
    await set(host, '--inbound', '10,20,30', '--outbound', '11,22,33');
    await set(host, '--inbound', '10', '--outbound', '11');
    expect(host.ovsdb.get('tap0')).toEqual({
      qos: { 'min-rate': 80_000, 'max-rate': 160_000, burst: 245_760 },
      policingRate: 88,
      policingBurst: 264,
    });
    await set(host, '--inbound', '0', '--outbound', '0');
    expect(host.ovsdb.get('tap0')).toEqual({ qos: null, policingRate: 0, policingBurst: 0 });
  });
});

describe('networks (4)', () => {
  it('refuse a floor without an inbound limit of their own', async () => {
    const host = oneVm({ source: { network: 'nat' } });
    expect((await set(host, '--inbound', '9,,,5')).stderr).toContain("network 'nat' has no inbound QoS set");
  });

  it('forget their ports when they are restarted', async () => {
    const host = oneVm({ source: { network: 'nat' } });
    await virsh(host, ['net-destroy nat; net-start nat']);
    expect((await set(host, '--inbound', '9')).stderr).toMatch(
      /network port not found: Network port with UUID/,
    );
  });

  it('give the default portgroup to those that name none', async () => {
    const bandwidth = limits({ average: 5 });
    const host = simHost('hv', [
      simNetwork({ name: 'n', bridge: 'b', portgroups: [{ name: 'p', isDefault: true, bandwidth }] }),
    ]);
    defineDomain(host, { name: 'vm', nics: [{ mac: MAC, source: { network: 'n' } }] });
    expect((await virsh(host, ['dumpxml', 'vm'])).stdout).toContain("<inbound average='5'/>");
    expect((await query(host))['inbound.average']).toBe(0);
  });
});

describe('faults of the host', () => {
  it.each([
    [
      'down',
      ['-r'],
      "Failed to connect socket to '/var/run/libvirt/libvirt-sock-ro': No such file or directory",
    ],
    ['readonly', [], "Failed to connect socket to '/var/run/libvirt/libvirt-sock': Permission denied"],
    ['denied', ['-r'], "Failed to connect socket to '/var/run/libvirt/libvirt-sock-ro': Permission denied"],
  ] as const)('libvirtd %s', async (libvirtd, options, message) => {
    const host = oneVm();
    host.knobs.libvirtd = libvirtd;
    expect(await virsh(host, [...options, 'list'])).toEqual({
      stdout: '',
      stderr: `error: failed to connect to the hypervisor\nerror: ${message}\n`,
      code: 1,
    });
  });

  it('an access control driver refuses changes only', async () => {
    const host = oneVm();
    host.knobs.acl = true;
    expect((await set(host, '--inbound', '5')).stderr).toContain("access denied: 'QEMU' denied access");
    expect((await query(host))['inbound.average']).toBe(0);
  });

  it('session mode has no live limits, but stored ones', async () => {
    const host = oneVm();
    host.knobs.session = true;
    expect((await set(host, '--inbound', '5')).stderr).toContain('not available in session mode');
    expect(await set(host, '--config', '--inbound', '5')).toMatchObject({ code: 0 });
  });
});
