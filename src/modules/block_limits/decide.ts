import { THROTTLES } from '../../facts/blkiotune.ts';
import { DEVICE_PATH_ERE, type HostDevice } from '../../libvirt/devices.ts';
import {
  type Desired,
  differs,
  SIDES,
  type Side,
  type Step,
  type Value,
  type Values,
} from '../../model/change.ts';
import type { DecideOptions, Decision, Objection } from '../module.ts';
import { cgroupNotes, noCgroups } from '../shared/cgroups.ts';
import { kernelLacks } from '../shared/in_force.ts';
import { differingSides, noSuchSide, savedNotes, stepsBySide } from '../shared/sides.ts';
import type { FoundBlock } from './rule.ts';

/** All forms of the commands of {@link decideBlock}. Never weights of devices: they end libvirtd 9.0.0 on cgroup v2. */
export const BLKIOTUNE = `blkiotune $uuid( --live)?( --config)?( --device-(read|write)-(bytes|iops)-sec ${DEVICE_PATH_ERE},[0-9]+)+`;

/** What to write so that a block device has the limits that the rules ask for a VM, or why not. */
export function decideBlock(found: FoundBlock, desired: Desired, options: DecideOptions): Decision {
  const rewrite = options.rewrite || kernelLacks(found, desired, options.kernel);
  const differing = differingSides(found, desired, rewrite);
  const objection =
    noSuchSide(found, desired) ?? (differing.length > 0 ? impossible(found, desired, differing) : null);
  const writes = differing.length > 0 && objection === null;
  return {
    desired,
    steps: writes ? stepsFor(found, desired, differing, rewrite) : [],
    objection: objection ?? undefined,
    notes: [...(objection === null ? notesOn(found, desired, writes) : []), ...savedNotes(found)],
  };
}

function impossible(found: FoundBlock, desired: Desired, differing: readonly Side[]): Objection | null {
  const { path, device } = found;
  // What takes limits out of a configuration harms no VM, wherever it runs.
  if (differing.every((side) => side === 'config' && setsNothing(desired.config))) return null;
  const none = noCgroups(found, 'block I/O') ?? noController(found);
  if (none !== null) return none;
  const why = whyNoDisk(path, device);
  if (why !== null) {
    const breaks = differing.includes('config') && !setsNothing(desired.config);
    return breaks
      ? { status: 'refused', reason: `${why}: libvirt would take it, and the VM would not start` }
      : {
          status: 'unsupported',
          reason: `${why}, so libvirt cannot limit it in what runs; with apply_to: config it is taken out of the configuration`,
        };
  }
  return twoNames(found);
}

/** To the kernel a device has one set of limits: what is taken away by one name is gone, whatever libvirt has by another. */
function twoNames({ domain, path, live, config, others }: FoundBlock): Objection | null {
  const [other] = others;
  if (other === undefined) return null;
  const has = [live, config].some((values) => values !== null && !setsNothing(values));
  const reason = has
    ? `libvirt has limits of this device by two names, ${path} and ${[...others].join(', ')}, and only the last one set holds: take those of one away (virsh blkiotune ${domain.uuid} --device-read-bytes-sec NAME,0 and so on), then run again with --rewrite`
    : `libvirt has limits of this device as ${other}: let the rule name it so, or take those away first; by two names only the last one set would hold`;
  return { status: 'refused', reason };
}

function setsNothing(values: Values): boolean {
  return Object.values(values).every((value) => value === null);
}

function noController({ device: { ioController }, cgroups }: FoundBlock): Objection | null {
  if (ioController === 'no') {
    const reason =
      'the cgroups of this host have no io controller, so nothing can be limited, and with such limits the VM would not start';
    return { status: 'unsupported', reason };
  }
  if (ioController !== 'session' || cgroups === 'yes') return null;
  return { status: 'unsupported', reason: 'libvirt limits no block I/O in session mode: see libvirt_uri' };
}

/** Why libvirt or the kernel would not take a path; null for a whole block device. */
function whyNoDisk(path: string, { kind }: HostDevice): string | null {
  switch (kind) {
    case 'disk':
      return null;
    case 'absent':
      return `there is no ${path} on this host`;
    case 'partition':
      return `${path} is a partition, and the kernel limits whole devices only`;
    case 'stale':
      return `${path} names a device that this host does not have any more`;
    case 'other':
      return `${path} is no block device of this host`;
    case 'unknown':
      return `it is not known whether ${path} is a block device of the host (its libvirt_uri leads to another machine, or stat is missing there)`;
  }
}

function notesOn(found: FoundBlock, desired: Desired, writes: boolean): readonly string[] {
  const { path, device, cgroups, others } = found;
  const double =
    others.length === 0
      ? []
      : [`libvirt also has limits of this device as ${others.join(', ')}: only the last one set holds`];
  if (setsNothing(desired.config)) return double;
  if (writes) return [...cgroupNotes(cgroups, 'block I/O'), ...double];
  const why = device.kind === 'unknown' ? null : whyNoDisk(path, device);
  return why === null ? double : [`${why}: with the limits of its configuration the VM will not start`];
}

/** @param rewrite sets all that is in force anew */
function stepsFor(
  { domain: { uuid }, path, live, config }: FoundBlock,
  desired: Desired,
  differing: readonly Side[],
  rewrite: boolean,
): readonly Step[] {
  const found = { live, config };
  const sets = SIDES.filter((side) => differing.includes(side)).map((side) => ({
    side,
    words: THROTTLES.flatMap((name) => {
      const value = desired[side][name];
      const due =
        value !== undefined && ((rewrite && side === 'live') || differs(found[side], { [name]: value }));
      return due ? [`--device-${name.replaceAll('_', '-')}`, `${path},${render(value)}`] : [];
    }),
  }));
  return stepsBySide(['blkiotune', uuid], sets);
}

/** To libvirt 0 is no limit. */
function render(value: Value | undefined): string {
  return String(value ?? 0);
}
