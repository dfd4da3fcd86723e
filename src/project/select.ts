import { type Selection, selectHosts } from '../inventory/pattern.ts';
import { type Diagnostic, hasErrors } from '../model/diagnostic.ts';
import type { Inventory } from '../model/inventory.ts';
import type { Play } from '../model/playbook.ts';

export interface SelectedHosts {
  readonly hosts: ReadonlyMap<Play, readonly string[]>;
  /** Plays of which a limit leaves hosts out. */
  readonly limited: ReadonlySet<Play>;
  readonly diagnostics: readonly Diagnostic[];
}

/**
 * The hosts of each play, those that every limit leaves. A run that names no host at all is an error: in CI it would
 * pass for one that found everything in order.
 * @param without what the error says where limits leave none of the hosts that a file names; null where that is none
 */
export function selectPlayHosts(
  plays: readonly Play[],
  inventory: Inventory,
  limits: readonly Selection[],
  without?: string | null,
): SelectedHosts {
  const diagnostics = limits.flatMap((selection) => selection.diagnostics);
  const allowed = limits.map((selection) => new Set(selection.hosts));
  const hosts = new Map<Play, readonly string[]>();
  const limited = new Set<Play>();
  for (const play of plays) {
    const selection =
      without === undefined
        ? selectHosts(inventory, play.hosts, play.file === '' ? undefined : play.hostsPlace)
        : thoseOf(inventory, play);
    diagnostics.push(...selection.diagnostics);
    const left = selection.hosts.filter((host) => allowed.every((names) => names.has(host)));
    if (without === undefined && left.length === 0 && selection.hosts.length > 0 && !hasErrors(diagnostics))
      diagnostics.push(noneLeft(play));
    if (left.length < selection.hosts.length) limited.add(play);
    hosts.set(play, left);
  }
  if (
    !hasErrors(diagnostics) &&
    plays.length > 0 &&
    [...hosts.values()].every((names) => names.length === 0)
  ) {
    if (without === undefined || (without !== null && limits.length > 0))
      diagnostics.push({ severity: 'error', message: without ?? 'no play has a host to run on' });
  }
  return { hosts, limited, diagnostics };
}

/** Of the hosts that a file names those that the inventory has; what it lacks the command tells. */
function thoseOf(inventory: Inventory, { hosts }: Play): Selection {
  const known = hosts.split(',').filter((name) => inventory.hosts.has(name));
  return known.length === 0 ? { hosts: [], diagnostics: [] } : selectHosts(inventory, known.join(','));
}

function noneLeft(play: Play): Diagnostic {
  return {
    severity: 'warning',
    message: `play "${play.name}" has no host left: --limit names none of "${play.hosts}"`,
    place: play.hostsPlace,
  };
}
