import { type Desired, differs, type Side, type Step, type Values } from '../../model/change.ts';
import type { DecideOptions, Decision, Objection } from '../module.ts';
import { differingSides, noSuchSide, savedNotes, stepsBySide } from '../shared/sides.ts';
import type { FoundDisk } from './rule.ts';
import { KINDS, type Kind, numberOf, settingsOf, WAYS } from './settings.ts';

/** All forms of the commands of {@link decideDisk}. */
export const BLKDEVIOTUNE =
  'blkdeviotune $uuid [a-z0-9]+( --live)?( --config)?( --(total|read|write)-(bytes|iops)-sec(-max|-max-length)? [0-9]+| --size-iops-sec [0-9]+)+';

/** What to write so that a disk has the limits that the rules ask, or why not. */
export function decideDisk(found: FoundDisk, desired: Desired, { rewrite }: DecideOptions): Decision {
  const differing = differingSides(found, desired, rewrite);
  const objection = noSuchSide(found, desired) ?? (differing.length > 0 ? impossible(found) : null);
  return {
    desired,
    steps: objection ? [] : stepsFor(found, desired, differing, rewrite),
    objection: objection ?? undefined,
    notes: savedNotes(found),
  };
}

function impossible({ target, type, group }: FoundDisk): Objection | null {
  if (type === 'vhostuser')
    return { status: 'unsupported', reason: 'libvirt cannot limit a vhost-user disk: its I/O bypasses QEMU' };
  // The name comes from the host and becomes an argument.
  if (!/^[a-z0-9]+$/.test(target))
    return {
      status: 'unsupported',
      reason: `"${target}" is no name of a disk that virtune can send to a host`,
    };
  // libvirt would change the other disks of the group with it, whatever the rules say of those.
  if (group !== '')
    return {
      status: 'unsupported',
      reason: `the disk shares its limits with others of the group "${group}", and virtune sets no groups`,
    };
  return null;
}

/** @param rewrite sets all that is in force anew */
function stepsFor(
  { domain: { uuid }, target, live, config }: FoundDisk,
  desired: Desired,
  differing: readonly Side[],
  rewrite: boolean,
): readonly Step[] {
  const found = { live, config };
  const sets = differing.map((side) => ({
    side,
    words: KINDS.flatMap((kind) =>
      wordsFor(kind, found[side] ?? {}, desired[side], rewrite && side === 'live'),
    ),
  }));
  return stepsBySide(['blkdeviotune', uuid, target], sets);
}

function wordsFor(kind: Kind, current: Values, desired: Values, anew: boolean): readonly string[] {
  const names = settingsOf(kind).map(({ name }) => name);
  const own = Object.fromEntries(names.flatMap((name) => (name in desired ? [[name, desired[name]]] : [])));
  if (Object.keys(own).length === 0 || !(anew || differs(current, own as Values))) return [];
  return kindWords(kind, desired);
}

/**
 * The whole of a kind: base, burst and length, zeros included. libvirt resets the siblings of what is named, keeps
 * what is not, and in the configuration takes a burst without its base, with which the VM does not start.
 */
export function kindWords(kind: Kind, values: Values): readonly string[] {
  const byWay = ['read', 'write'].some((way) => numberOf(values, `${way}_${kind}_sec`) !== null);
  const ways = WAYS.filter((way) => (way === 'total') !== byWay);
  const families = ['', '_max', '_max_length'].flatMap((end) =>
    ways.flatMap((way) => {
      const name = `${way}_${kind}_sec`;
      const hasBurst = numberOf(values, `${name}_max`) !== null;
      const least = end === '_max_length' && hasBurst ? 1 : 0;
      return [`--${name}${end}`.replaceAll('_', '-'), String(numberOf(values, `${name}${end}`) ?? least)];
    }),
  );
  if (kind === 'bytes') return families;
  return [...families, '--size-iops-sec', String(numberOf(values, 'size_iops_sec') ?? 0)];
}
