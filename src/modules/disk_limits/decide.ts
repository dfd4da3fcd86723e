import { type Desired, differs, type Side, type Step, type Values } from '../../model/change.ts';
import type { DecideOptions, Decision, Objection } from '../module.ts';
import { kernelLacks } from '../shared/in_force.ts';
import { differingSides, noSuchSide, savedNotes } from '../shared/sides.ts';
import type { FoundDisk } from './rule.ts';
import { GROUP, GROUP_NAME, groupOf, hasLimits, KINDS, settingsOf } from './settings.ts';
import { clearWords, kindWords } from './words.ts';

/** All forms of the commands of {@link decideDisk}. */
export const BLKDEVIOTUNE =
  'blkdeviotune $uuid [a-z0-9]+( --live)?( --config)?( --group-name [A-Za-z0-9_.-]+)?( --(total|read|write)-(bytes|iops)-sec(-max|-max-length)? [0-9]+| --size-iops-sec [0-9]+)+';

/** What to write so that a disk has the limits that the rules ask, or why not. */
export function decideDisk(found: FoundDisk, asked: Desired, options: DecideOptions): Decision {
  const desired = { live: possible(found.live, asked.live), config: possible(found.config, asked.config) };
  const rewrite = options.rewrite || kernelLacks(found, desired, options.kernel);
  const differing = differingSides(found, desired, rewrite);
  const objection =
    noSuchSide(found, desired) ??
    (differing.length > 0 ? (impossible(found) ?? oddGroup(found, desired, differing)) : null);
  return {
    desired,
    steps: objection ? [] : stepsFor(found, desired, differing, rewrite),
    objection: objection ?? undefined,
    notes: savedNotes(found),
  };
}

/**
 * A disk without limits is in no group, whatever the rules say. One that joins a group or leaves it is set as a whole,
 * so all that it keeps is desired as well.
 */
function possible(current: Values | null, asked: Values): Values {
  if (!(GROUP in asked)) return asked;
  const final = { ...current, ...asked };
  if (!hasLimits(final)) return { ...asked, [GROUP]: null };
  return current === null || groupOf(current) === groupOf(asked) ? asked : final;
}

function impossible({ target, type, filters }: FoundDisk): Objection | null {
  if (type === 'vhostuser')
    return { status: 'unsupported', reason: 'libvirt cannot limit a vhost-user disk: its I/O bypasses QEMU' };
  if (filters.length > 0)
    return {
      status: 'unsupported',
      reason: `throttle filters hold the disk (${filters.join(', ')}), beside which libvirt takes no limits of its own: change those groups, or take the filters from the VM`,
    };
  // The name comes from the host and becomes an argument.
  if (!/^[a-z0-9]+$/.test(target))
    return {
      status: 'unsupported',
      reason: `"${target}" is no name of a disk that virtune can send to a host`,
    };
  return null;
}

/** No rule has such a name; values from before may, since libvirt takes any. */
function oddGroup(found: FoundDisk, desired: Desired, differing: readonly Side[]): Objection | null {
  const names = differing.map((side) => ({ now: groupOf(found[side] ?? {}), next: groupOf(desired[side]) }));
  const odd = names.find(({ now, next }) => next !== now && !GROUP_NAME.test(next));
  return odd === undefined
    ? null
    : {
        status: 'unsupported',
        reason: `"${odd.next}" is no name of a group that virtune can send to a host`,
      };
}

/** The words of the commands for one state, one after the other. */
interface SideSets {
  readonly side: Side;
  readonly sets: readonly (readonly string[])[];
}

/** @param rewrite sets all that is in force anew */
function stepsFor(
  { domain: { uuid }, target, live, config }: FoundDisk,
  desired: Desired,
  differing: readonly Side[],
  rewrite: boolean,
): readonly Step[] {
  const found = { live, config };
  const sides = differing.map((side): SideSets => {
    const anew = rewrite && side === 'live';
    return { side, sets: setsFor(found[side] ?? {}, desired[side], anew) };
  });
  const step = ({ sets }: SideSets, flags: readonly string[]): Step => ({
    commands: sets.map((words) => ['blkdeviotune', uuid, target, ...flags, ...words]),
  });
  const [first, second] = sides;
  // The same for both states in one command: libvirt leaves the configuration alone where the live set fails.
  if (
    first !== undefined &&
    second !== undefined &&
    JSON.stringify(first.sets) === JSON.stringify(second.sets)
  )
    return [step(first, ['--live', '--config'])];
  return sides.map((one) => step(one, [`--${one.side}`]));
}

/**
 * A disk that joins a group takes what that group has, and it leaves one only by having no limits: so both send all that
 * it is to have, declared or not.
 */
function setsFor(current: Values, desired: Values, anew: boolean): readonly (readonly string[])[] {
  const final = { ...current, ...desired };
  const group = groupOf(final);
  const all = KINDS.flatMap((kind) => kindWords(kind, final));
  if (group === groupOf(current) || !hasLimits(final)) {
    const words = KINDS.flatMap((kind) =>
      isToSet(settingsOf(kind), current, desired, anew) ? kindWords(kind, final) : [],
    );
    // Without any word the command would ask instead of setting.
    return [words.length > 0 ? words : all];
  }
  return group === '' ? [clearWords(current), all] : [['--group-name', group, ...all]];
}

function isToSet(
  settings: ReturnType<typeof settingsOf>,
  current: Values,
  desired: Values,
  anew: boolean,
): boolean {
  const own = settings.flatMap(({ name }) => {
    const value = desired[name];
    return value === undefined ? [] : [[name, value] as const];
  });
  return own.length > 0 && (anew || differs(current, Object.fromEntries(own)));
}
