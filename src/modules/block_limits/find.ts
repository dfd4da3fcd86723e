import { type BlockThrottles, blkioTuneFact, THROTTLES } from '../../facts/blkiotune.ts';
import { cgroupOf } from '../../facts/cgroups.ts';
import { askedPaths, deviceOf } from '../../facts/device.ts';
import { factOf } from '../../facts/fact.ts';
import { type HostDevice, UNKNOWN_DEVICE } from '../../libvirt/devices.ts';
import type { Values } from '../../model/change.ts';
import type { HostFacts } from '../../model/facts.ts';
import { cgroupsOf } from '../shared/cgroups.ts';
import { blockInForce } from './in_force.ts';
import type { FoundBlock } from './rule.ts';

/** A block device that rules name, by one name or several. */
interface Asked {
  readonly named: readonly string[];
  readonly device: HostDevice;
}

/**
 * For every VM of a host: the block devices that libvirt limits for it, and those that rules name. What libvirt has
 * stays by the path that it has; two names of one device are one subject, since they are one limit to the kernel.
 */
export function findBlocks(facts: HostFacts): readonly FoundBlock[] {
  const cgroups = cgroupsOf(facts);
  const asked = askedDevices(facts);
  return facts.domains.flatMap((domain) => {
    const { live, config } = factOf(domain, blkioTuneFact);
    const limited = [...new Set([...(live ?? []), ...(config ?? [])].map(({ path }) => path))];
    const cgroup = live === null ? undefined : cgroupOf(facts, domain);
    const found = (path: string, { named, device }: Asked, others: readonly string[]): FoundBlock => ({
      domain,
      path,
      named,
      device,
      others,
      cgroups,
      subject: { kind: 'block', key: path, label: `block ${path}`, path },
      live: valuesOf(live, path),
      config: valuesOf(config, path),
      ...(cgroup === undefined
        ? {}
        : { kernel: blockInForce(valuesOf(live, path) ?? NONE, { number: device.number, others }, cgroup) }),
    });
    const ofRules = asked.map((one) => {
      const names = new Set([...one.named, ...one.device.names]);
      const has = limited.filter((path) => names.has(path));
      const path = has.find((name) => one.named.includes(name)) ?? (one.named[0] as string);
      return found(
        path,
        one,
        has.filter((other) => other !== path),
      );
    });
    const taken = new Set(ofRules.map(({ path }) => path));
    const unnamed = limited.filter((path) => !taken.has(path));
    return [...unnamed.map((path) => found(path, { named: [path], device: UNKNOWN_DEVICE }, [])), ...ofRules];
  });
}

function askedDevices(facts: HostFacts): readonly Asked[] {
  const asked: { named: string[]; device: HostDevice }[] = [];
  for (const path of askedPaths(facts)) {
    const device = deviceOf(facts, path);
    const same = asked.find((one) => one.device.names.includes(path));
    if (same === undefined) asked.push({ named: [path], device });
    else same.named.push(path);
  }
  return asked;
}

/** libvirt refuses a description that has a path twice. */
function valuesOf(devices: readonly BlockThrottles[] | null, path: string): Values | null {
  if (devices === null) return null;
  return devices.find((device) => device.path === path)?.limits ?? NONE;
}

const NONE: Values = Object.fromEntries(THROTTLES.map((name) => [name, null]));
