import type { Rate } from '../facts/bandwidth.ts';
import type { DomainSpec, NicSpec } from './define.ts';
import { configNic, defineDomain, simNetwork } from './define.ts';
import { uuidOf } from './ids.ts';
import { plugNic } from './lifecycle.ts';
import type { SimDomain, SimHost } from './model.ts';
import { simHost } from './model.ts';
import { novaMetadata } from './nova.ts';
import { setBandwidth } from './set_bandwidth.ts';

/**
 * Three hypervisors that show what virtune does with the playbook it ships: VMs that are right already, that have
 * drifted, that were never limited, that are shut off or transient, and some that no rule names. All of it can be
 * brought in sync.
 */
export function demoFleet(): readonly SimHost[] {
  return [hv01(), hv02(), hv03()];
}

const rate = (average: number, peak = 0, burst = 0): Rate => ({ average, peak, burst, floor: 0 });

/** 100 Mbit/s as `rate` means it: one number for average, peak and burst. */
const WEB = rate(12_500, 12_500, 12_500);
const DB_IN = rate(125_000, 250_000, 65_536);
const DB_OUT = rate(25_000);

const bridged: NicSpec = { source: { bridge: 'br0' } };
const backup: NicSpec = { source: { bridge: 'br-backup' } };

function hv01(): SimHost {
  const host = demoHost('hv01.example.net');
  web(host, 'web-01', [{ ...bridged, inbound: WEB, outbound: WEB }]);
  const drifted = web(host, 'web-02', [{ ...bridged, inbound: WEB, outbound: WEB }]);
  driftLive(host, drifted, { inbound: rate(50_000) });
  web(host, 'web-03', [bridged], { title: 'web shop (green)' });
  db(host, 'instance-0000002a', 'orders-db', { second: {} });
  defineDomain(host, { name: 'build-07', memoryKiB: 8_388_608, vcpus: 8, nics: [bridged] });
  return host;
}

function hv02(): SimHost {
  const host = demoHost('hv02.example.net');
  web(host, 'web-04', [{ ...bridged, inbound: rate(10_240, 10_240, 10_240), outbound: rate(10_240) }]);
  web(host, 'web-05', [bridged], { state: 'shutoff' });
  db(host, 'instance-00000031', 'users-db', { second: { inbound: DB_IN, outbound: DB_OUT } });
  db(host, 'instance-00000032', 'audit-db', { flavor: 'm1.small', second: {} });
  const hotPlugged = web(host, 'web-06', [{ ...bridged, inbound: WEB, outbound: WEB }]);
  plugLive(host, hotPlugged, bridged);
  return host;
}

function hv03(): SimHost {
  const host = demoHost('hv03.example.net');
  defineDomain(host, {
    name: 'backup-01',
    nics: [bridged, { ...backup, outbound: rate(5_000, 0, 1_024) }],
  });
  web(host, 'web-07', [bridged], { persistent: false });
  web(host, 'web-08', [{ source: { network: 'tenants', portgroup: 'silver' } }]);
  db(host, 'instance-00000044', 'search-db', { second: { outbound: rate(50_000) }, state: 'paused' });
  db(host, 'instance-00000045', 'stock-db', { second: { inbound: rate(125_000) } });
  defineDomain(host, { name: 'router', nics: [bridged, { source: { dev: 'eno2' } }] });
  return host;
}

function demoHost(name: string): SimHost {
  const limits = { inbound: rate(50_000), outbound: rate(50_000) };
  return simHost(name, [
    simNetwork({
      name: 'tenants',
      uuid: uuidOf(`${name}/tenants`),
      forward: 'bridge',
      bridge: 'br0',
      portgroups: [{ name: 'silver', isDefault: false, bandwidth: limits }],
    }),
  ]);
}

function web(
  host: SimHost,
  name: string,
  nics: readonly NicSpec[],
  more: Partial<DomainSpec> = {},
): SimDomain {
  return defineDomain(host, { name, nics, ...more });
}

interface DbSpec {
  readonly flavor?: string;
  readonly second: NicSpec;
  readonly state?: SimDomain['state'];
}

/** A VM of OpenStack Nova: its name in libvirt says nothing, its metadata does. */
function db(
  host: SimHost,
  name: string,
  display: string,
  { flavor = 'db.large', second, state }: DbSpec,
): void {
  const owner = { project: 'shop', user: 'dba' };
  defineDomain(host, {
    name,
    memoryKiB: 16_777_216,
    vcpus: 4,
    metadata: novaMetadata({ name: display, flavor, memoryMiB: 16_384, vcpus: 4, ...owner }),
    nics: [
      { ...bridged, target: tap(name, 1) },
      { ...bridged, target: tap(name, 2), ...second },
    ],
    ...(state === undefined ? {} : { state }),
  });
}

/** Nova names taps after the port's UUID. */
function tap(name: string, port: number): string {
  return `tap${uuidOf(`${name}/port/${port}`).slice(0, 11)}`;
}

/** Somebody changed the running VM by hand. */
function driftLive(host: SimHost, domain: SimDomain, change: { readonly inbound: Rate }): void {
  const mac = domain.config?.[0]?.mac ?? '';
  setBandwidth(host, domain, mac, change, { live: true, config: false });
}

/** A card that the next start will not have. */
function plugLive(host: SimHost, domain: SimDomain, spec: NicSpec): void {
  const index = domain.live?.length ?? 0;
  const plugged = plugNic(host, configNic(spec, index, domain.uuid), `net${index}`);
  if ('error' in plugged) throw new Error(plugged.error);
  domain.live = [...(domain.live ?? []), plugged.nic];
}
