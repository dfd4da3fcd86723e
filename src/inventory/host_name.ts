import { plural, shorten } from '../base/text.ts';
import type { Place } from '../model/diagnostic.ts';
import type { Vars } from '../model/inventory.ts';
import { parseAddress } from './address.ts';
import { expandRanges, hasRange, MAX_HOSTS } from './ranges.ts';
import type { Statement } from './statements.ts';

export interface HostProblem {
  readonly ok: false;
  readonly message: string;
  readonly hint?: string | undefined;
}

export type NamedHosts =
  | { readonly ok: true; readonly hosts: readonly string[]; readonly port: number | null }
  | HostProblem;

/**
 * The hosts that one name in an inventory stands for: ranges expanded, a port taken off.
 * @param onePerLine how a file keeps hosts apart, for a name that seems to be several
 */
export function parseHostName(written: string, onePerLine?: string): NamedHosts {
  const { host, port } = parseAddress(written);
  if (host === '' || /[\s,]/.test(host)) {
    const hint = host === '' ? undefined : onePerLine;
    return { ok: false, message: `"${shorten(written)}" is not a host name`, hint };
  }
  if (port !== null && (port < 1 || port > 65_535))
    return { ok: false, message: `"${shorten(written)}" has no valid port` };
  if (!hasRange(host)) return { ok: true, hosts: [host], port };
  const expanded = expandRanges(host);
  return expanded.ok ? { ok: true, hosts: expanded.names, port } : expanded;
}

export interface HostEntry {
  readonly group: string;
  /** The name as it stands in the file. */
  readonly written: string;
  readonly vars: Vars;
  readonly place: Place | undefined;
  readonly onePerLine: string;
}

/** Adds the hosts of one entry of a file. @returns what is wrong with it, if anything is */
export function addHosts(
  to: { readonly statements: Statement[]; hosts: number },
  { group, written, vars, place, onePerLine }: HostEntry,
): HostProblem | null {
  const named = parseHostName(written, onePerLine);
  if (!named.ok) return named;
  const before = to.hosts;
  to.hosts += named.hosts.length;
  if (to.hosts > MAX_HOSTS) {
    // Said once: whatever comes after it is over the limit, too.
    if (before > MAX_HOSTS) return null;
    return { ok: false, message: `the inventory has more than ${plural(MAX_HOSTS, 'host')}` };
  }
  for (const host of named.hosts)
    to.statements.push({ kind: 'host', group, host, vars, port: named.port, place });
  return null;
}
