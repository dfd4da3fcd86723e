import { type Change, SIDES, type Side, type Value } from '../../model/change.ts';
import type { VmEvidence } from '../../model/result.ts';
import type { EarlierChange } from './baseline.ts';

/** What explains one setting in one state. */
export type Event =
  | 'moved'
  | 'rebuilt'
  | 'byHand'
  | 'restarted'
  | 'declared'
  | 'started'
  | 'still'
  /** Set by hand, or started together with its host, which gave it the same id. */
  | 'handOrReboot'
  /** Set by hand, or started: nothing tells which. */
  | 'handOrStart'
  /** Set by hand, or restored from the image that was saved: nothing tells which. */
  | 'handOrRestored'
  /** Set by hand, or made anew: nothing tells which. */
  | 'handOrRebuilt';

export interface Told {
  readonly side: Side;
  readonly event: Event;
  /** A rule wants something else than then, too. */
  readonly declared: boolean;
}

/** What tells one start and one description from another, then and now; undefined where a report has nothing of it. */
export interface Evidence {
  readonly earlier: VmEvidence | undefined;
  readonly now: VmEvidence | undefined;
  /** It was on another hypervisor then. */
  readonly moved: boolean;
}

/** A value that is not, or was not before this run, as it is to be. */
export interface Difference {
  readonly name: string;
  readonly side: Side;
  readonly desired: Value;
  readonly has: Value;
}

export function differencesOf({ status, settings }: Change): readonly Difference[] {
  if (status === 'inSync' || status === 'unmanaged') return [];
  return settings.flatMap((setting) =>
    SIDES.flatMap((side): Difference[] => {
      const [desired, has] = [setting.desired[side], setting[side]];
      if (desired === undefined || has === undefined || desired === has) return [];
      return [{ name: setting.name, side, desired, has }];
    }),
  );
}

/**
 * What explains each difference: the one event by which all that is seen of it can be. Where two would have to coincide
 * for each explanation, none is chosen.
 */
export function eventsOf(change: Change, before: EarlierChange, evidence: Evidence): readonly Told[] {
  const then = new Map(before.settings.map((setting) => [setting.name, setting]));
  const now = new Map(change.settings.map((setting) => [setting.name, setting]));
  /** What the earlier run left there; undefined where there was nothing. */
  const left = (name: string, side: Side): Value | undefined => {
    const values = before.after?.[side];
    return values === undefined || values === null ? then.get(name)?.[side] : (values[name] ?? null);
  };
  return differencesOf(change).map(({ name, side, desired, has }): Told => {
    const declared = then.get(name)?.desired[side] !== desired;
    const was = left(name, side);
    const config = { earlier: left(name, 'config'), now: now.get(name)?.config };
    // Another run has made it as it was declared then.
    const followed = declared && has === then.get(name)?.desired[side];
    if (was === has || followed) return { side, declared, event: declared ? 'declared' : 'still' };
    if (evidence.moved) return { side, declared, event: 'moved' };
    const event =
      side === 'config'
        ? ofConfig(was, evidence)
        : was === undefined
          ? ofNewLive(has, config.now, before.domain.managedSave === true)
          : ofLive(has, config, evidence);
    return { side, declared, event };
  });
}

interface Both {
  readonly earlier: Value | undefined;
  readonly now: Value | undefined;
}

function ofConfig(was: Value | undefined, evidence: Evidence): Event {
  // A VM that had no configuration then.
  if (was === undefined) return 'handOrRebuilt';
  const made = madeAnew(evidence, 'config');
  if (made === 'unknown') return 'handOrRebuilt';
  if (made === 'no') return 'byHand';
  // Nova writes another time into both descriptions where a NIC is attached, too: the start tells it from a rebuild.
  return startOf(evidence) === 'same' && madeAnew(evidence, 'live') !== 'no' ? 'handOrRebuilt' : 'rebuilt';
}

/**
 * It did not run then: its start took the configuration that it has, unless somebody has set it since. From a saved image
 * it gets what it had when it was saved.
 */
function ofNewLive(has: Value, config: Value | undefined, saved: boolean): Event {
  if (config === undefined || config === has) return 'started';
  return saved ? 'handOrRestored' : 'byHand';
}

function ofLive(has: Value, config: Both, evidence: Evidence): Event {
  // What a start would have taken: the configuration of now, or of then where that was changed after the start.
  const noConfig = config.earlier === undefined && config.now === undefined;
  const fits = noConfig || has === config.now || has === config.earlier;
  const made = madeAnew(evidence, 'live');
  switch (startOf(evidence)) {
    case 'another':
      if (made === 'yes') return 'rebuilt';
      return fits ? 'restarted' : 'byHand';
    case 'same':
      if (made === 'yes') return 'handOrRebuilt';
      // Ids are counted anew when a host starts: its VMs may get the same ones again.
      return fits && !noConfig && config.now === config.earlier ? 'handOrReboot' : 'byHand';
    case 'unknown':
      return fits ? 'handOrStart' : 'byHand';
  }
}

/** Whether the VM was started anew, by the id that its host's libvirt counts. */
function startOf({ earlier, now }: Evidence): 'same' | 'another' | 'unknown' {
  if (earlier?.id === undefined || now?.id === undefined) return 'unknown';
  return earlier.id === now.id ? 'same' : 'another';
}

/** Whether a description was made anew, by the time in its metadata. Where there never was one, nobody makes it anew. */
function madeAnew({ earlier, now }: Evidence, side: Side): 'yes' | 'no' | 'unknown' {
  if (now?.id === undefined || earlier?.id === undefined) {
    const known = earlier?.id === undefined ? now : earlier;
    return known?.id !== undefined && known.created === undefined ? 'no' : 'unknown';
  }
  const [before, after] = [earlier.created?.[side] ?? null, now.created?.[side] ?? null];
  return before === after ? 'no' : 'yes';
}
