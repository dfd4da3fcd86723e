import { groupBy } from '../base/group.ts';
import { type Cause, type Change, SIDES, type Side, type Value } from '../model/change.ts';
import type { HostResult, RunResult } from '../model/result.ts';

/** Says why what a host has differs, by an earlier result. */
export interface Drift {
  /** The host with a cause at everything that differs. */
  readonly explain: (host: HostResult) => HostResult;
  /** All hosts at the end, with a note on each VM of the earlier result that none of them has any more. */
  readonly withGone: (hosts: readonly HostResult[]) => readonly HostResult[];
}

interface Before {
  readonly host: HostResult;
  readonly change: Change;
}

/**
 * Why there is a difference, as far as two results tell. They know neither who changed something nor whether a VM was
 * restarted in between: what may be the one or the other is told as such.
 */
export function driftFrom(baseline: RunResult): Drift {
  const all = baseline.hosts.flatMap((host) => host.resources.map((change): Before => ({ host, change })));
  const byVm = groupBy(all, ({ change }) => change.domain.uuid);
  const read = new Set(baseline.hosts.filter(wasRead).map(({ hypervisor }) => hypervisor));
  const rules = new Set([
    ...all.flatMap(({ change }) => change.rules.map(ruleName)),
    ...baseline.unmatchedRules.map(ruleName),
  ]);
  const causeOf = (change: Change, host: HostResult): Cause | undefined => {
    if (differences(change).length === 0) return undefined;
    const there = byVm.get(change.domain.uuid) ?? [];
    const here = there.filter((one) => one.host.hypervisor === host.hypervisor);
    const [other] = there;
    if (here.length === 0 && other !== undefined)
      return { kind: 'moved', text: `moved here from ${other.host.name}` };
    const before = here.find(
      (one) => one.change.module === change.module && one.change.subject.key === change.subject.key,
    );
    if (before !== undefined) return compared(change, before.change);
    if (!read.has(host.hypervisor)) return { kind: 'unknown', text: 'the baseline has not read this host' };
    const fresh = change.rules.filter((rule) => !rules.has(ruleName(rule)));
    if (fresh.length > 0) return declared(change, fresh);
    // A report without --all has nothing of what no rule names.
    if (here.length === 0)
      return { kind: 'newVm', text: 'a new VM, or one that no rule named in the baseline' };
    return { kind: 'newPart', text: 'new in its VM, or not named by a rule in the baseline' };
  };
  return {
    explain: (host) => ({
      ...host,
      resources: host.resources.map((change) => {
        const cause = causeOf(change, host);
        return cause === undefined ? change : { ...change, cause };
      }),
    }),
    withGone: (hosts) => {
      const there = new Set(hosts.flatMap((host) => host.resources.map(({ domain }) => domain.uuid)));
      return hosts.map((host) => {
        if (!wasRead(host)) return host;
        const own = all.filter((one) => one.host.name === host.name && !there.has(one.change.domain.uuid));
        const names = new Set(
          own.filter(({ change }) => change.rules.length > 0).map(({ change }) => change.domain.name),
        );
        if (names.size === 0) return host;
        const notes = [...names].map(
          (name) => `${name} is gone since the baseline, or no rule names it any more`,
        );
        return { ...host, notes: [...(host.notes ?? []), ...notes] };
      });
    },
  };
}

/** Of a host with trouble its VMs may not have been read. */
function wasRead({ status, error }: HostResult): boolean {
  return error === undefined && !['unreachable', 'skipped'].includes(status);
}

interface Difference {
  readonly name: string;
  readonly side: Side;
  readonly desired: Value;
  readonly has: Value;
}

/** What is not, or was not before this run, as it is to be. */
function differences({ status, settings }: Change): readonly Difference[] {
  if (status === 'inSync' || status === 'unmanaged') return [];
  return settings.flatMap((setting) =>
    SIDES.flatMap((side): Difference[] => {
      const [desired, has] = [setting.desired[side], setting[side]];
      if (desired === undefined || has === undefined || desired === has) return [];
      return [{ name: setting.name, side, desired, has }];
    }),
  );
}

function compared(change: Change, before: Change): Cause {
  const settings = new Map(before.settings.map((setting) => [setting.name, setting]));
  /** What the earlier run left there; undefined where there was nothing. */
  const left = (name: string, side: Side): Value | undefined => {
    const values = before.after?.[side];
    return values === undefined || values === null ? settings.get(name)?.[side] : (values[name] ?? null);
  };
  const now = (name: string, side: Side) => change.settings.find((one) => one.name === name)?.[side];
  const all = differences(change);
  const touched = all.filter(
    ({ name, side, has }) => left(name, side) !== undefined && left(name, side) !== has,
  );
  const anew = all.filter(({ name, side, desired }) => settings.get(name)?.desired[side] !== desired);
  // A start takes the configuration: what is now as that is, which nobody has touched, may come of one.
  const byStart = touched.filter(
    ({ name, side, has }) =>
      side === 'live' && now(name, 'config') === has && left(name, 'config') === now(name, 'config'),
  );
  const started = all.some(({ name, side }) => left(name, side) === undefined);
  const also = anew.length > 0 ? `, and ${declared(change).text}` : '';
  if (touched.length > byStart.length) {
    const states = SIDES.filter((side) => touched.some((one) => one.side === side));
    return { kind: 'changedByHand', states, text: `changed by hand: ${words(states)}${also}` };
  }
  if (byStart.length > 0)
    return {
      kind: 'restartedOrChangedByHand',
      states: ['live'],
      text: `restarted, or changed by hand: live${also}`,
    };
  if (anew.length > 0) return declared(change, newRules(change, before));
  if (started) return { kind: 'started', text: 'started since the baseline, or its configuration is new' };
  return { kind: 'stillDiffers', text: 'it differed in the baseline already' };
}

function newRules(change: Change, before: Change): Change['rules'] {
  const known = new Set(before.rules.map(ruleName));
  return change.rules.filter((rule) => !known.has(ruleName(rule)));
}

/** The rules that are new, or the one that decided. */
function declared({ rules }: Change, fresh: Change['rules'] = []): Cause {
  const told = (fresh.length > 0 ? fresh : rules.slice(-1)).map(
    ({ name, file, line }) => `rule "${name}"${file === '' ? '' : ` (${file}:${line})`}`,
  );
  return { kind: 'declaredAnew', text: `declared anew: ${told.join(', ') || 'no rule names it any more'}` };
}

const words = (states: readonly Side[]): string =>
  states.map((side) => (side === 'live' ? 'live' : 'persistent')).join(' and ');

const ruleName = ({ name, file }: { readonly name: string; readonly file: string }): string =>
  JSON.stringify([name, file]);
