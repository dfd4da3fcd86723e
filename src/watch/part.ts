import { groupBy } from '../base/group.ts';
import { hostStatus } from '../engine/host_result.ts';
import type { Change } from '../model/change.ts';
import type { HostResult } from '../model/result.ts';

/** Whether these results are of some VMs alone, where all were read before. */
export function isPart(found: readonly HostResult[], before: readonly HostResult[]): boolean {
  const isOfAll = (host: HostResult | undefined): boolean => host?.vms?.complete === true;
  return found.some(
    (host) => host.vms?.complete === false && isOfAll(before.find(({ name }) => name === host.name)),
  );
}

/**
 * What is known of all VMs after a look at some of them: of the others what was found before, and has been set since.
 * @param names of VMs that were looked at, as events have them: one that was made anew has another UUID
 */
export function withOthers(
  found: readonly HostResult[],
  before: readonly HostResult[],
  names: readonly string[],
): readonly HostResult[] {
  return found.map((host) => {
    const old = before.find(({ name }) => name === host.name);
    if (old?.vms === undefined || host.vms?.complete !== false || host.error !== undefined) return host;
    const seen = new Set(host.vms.known.map(({ uuid }) => uuid));
    const isOther = ({ uuid, name }: { uuid: string; name: string }) =>
      !seen.has(uuid) && !names.includes(name);
    const resources = inOrder(
      host.resources,
      old.resources.flatMap((change): readonly (Change | string)[] =>
        isOther(change.domain) ? [inSync(change)] : [change.domain.uuid],
      ),
    );
    return {
      ...host,
      status: hostStatus(resources, false),
      resources,
      totals: old.totals,
      vms: { complete: true, known: [...old.vms.known.filter(isOther), ...host.vms.known] },
    };
  });
}

/** @param others what was found before; in the place of what was looked at again the UUID of its VM */
function inOrder(found: readonly Change[], others: readonly (Change | string)[]): readonly Change[] {
  const left = new Map(groupBy(found, ({ domain }) => domain.uuid));
  const placed = others.flatMap((other): readonly Change[] => {
    if (typeof other !== 'string') return [other];
    const own = left.get(other) ?? [];
    left.delete(other);
    return own;
  });
  return [...placed, ...[...left.values()].flat()];
}

/** What was changed by an earlier look is in sync since. */
function inSync(change: Change): Change {
  if (change.status !== 'changed') return change;
  const { cause: _, reason: __, ...rest } = settled(change);
  return { ...rest, status: 'inSync', steps: [] };
}

/** A change as what its subject has after the look: where something was written, what was read back. */
export function settled(change: Change): Change {
  const { after } = change;
  if (after === null) return change;
  const settings = change.settings.map(({ live: _, config: __, ...setting }) => ({
    ...setting,
    ...(after.live === null ? {} : { live: after.live[setting.name] ?? null }),
    ...(after.config === null ? {} : { config: after.config[setting.name] ?? null }),
  }));
  return { ...change, settings, after: null };
}
