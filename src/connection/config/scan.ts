import { hostPatternsMatch } from '../host_patterns.ts';

/**
 * What the configuration files say, as far as it decides whether two hosts get the same answer of `ssh -G`. What
 * the settings are is never taken from here: only OpenSSH itself decides that.
 */
export interface ConfigScan {
  /** Each `Host` line and each `Match` with a host or originalhost pattern, its patterns. */
  readonly patterns: readonly (readonly string[])[];
  /** Whether a host's name after HostName counts for a pattern too (`Match host`). */
  readonly matchesResolved: boolean;
  /** Every value of HostName, with `%h` for a host that has none. */
  readonly hostNames: readonly string[];
  /** Lower case names of all settings: those that are not here have OpenSSH's defaults. */
  readonly keywords: ReadonlySet<string>;
  /** `Match user` and the like: the answer hangs on the user too. */
  readonly byUser: boolean;
  /** False where no two hosts are sure to get the same answer (Match exec, %h in a path, ...). */
  readonly shareable: boolean;
}

/** Settings whose %-tokens `ssh -G` leaves alone, or that are of no interest here. */
const TOKENS_LEFT =
  /^(identityfile|certificatefile|proxycommand|controlpath|localcommand|remotecommand|(local|remote|dynamic)forward|setenv|sendenv|hostname|knownhostscommand)$/;
const MATCH_FIXED = new Set(['all', 'localuser']);

/** Scans the texts of all files that OpenSSH reads, in any order. Pure, never throws. */
export function scanConfig(texts: readonly string[]): ConfigScan {
  const patterns: string[][] = [];
  const hostNames = new Set(['%h']);
  const keywords = new Set<string>();
  let [matchesResolved, byUser, shareable] = [false, false, true];
  for (const line of texts.flatMap((text) => text.split('\n'))) {
    const found = /^\s*([A-Za-z0-9]+)(?:\s*=\s*|\s+)(.*?)\s*$/.exec(line);
    if (found === null) continue;
    const keyword = (found[1] as string).toLowerCase();
    const value = found[2] as string;
    const words = value
      .replaceAll('"', '')
      .split(/[\s,]+/)
      .filter((word) => word !== '');
    if (keyword === 'host') patterns.push(words);
    else if (keyword === 'match') {
      const fixed = readMatch(value, patterns);
      matchesResolved ||= fixed.resolved;
      byUser ||= fixed.byUser;
      shareable &&= fixed.shareable;
    } else {
      keywords.add(keyword);
      if (keyword === 'hostname') hostNames.add(value.replaceAll('"', ''));
      else if (value.includes('%') && !TOKENS_LEFT.test(keyword)) shareable = false;
    }
  }
  if (
    /yes|always/.test(
      [...texts]
        .join('\n')
        .match(/canonicalizehostname.*/gi)
        ?.join() ?? '',
    )
  )
    shareable = false;
  return { patterns, matchesResolved, hostNames: [...hostNames], keywords, byUser, shareable };
}

function readMatch(
  value: string,
  patterns: string[][],
): { readonly resolved: boolean; readonly byUser: boolean; readonly shareable: boolean } {
  const outcome = { resolved: false, byUser: false, shareable: true };
  // Lists are separated by commas within one word here, unlike those of Host.
  const parts = value
    .replaceAll('"', '')
    .split(/(?:\s*=\s*|\s+)/)
    .filter((word) => word !== '');
  for (let at = 0; at < parts.length; at++) {
    const criterion = (parts[at] as string).toLowerCase().replace(/^!/, '');
    if (MATCH_FIXED.has(criterion)) {
      if (criterion === 'localuser') at++;
    } else if (criterion === 'user') {
      outcome.byUser = true;
      at++;
    } else if (criterion === 'host' || criterion === 'originalhost') {
      patterns.push((parts[++at] ?? '').split(','));
      outcome.resolved ||= criterion === 'host';
    } else {
      outcome.shareable = false;
      return outcome;
    }
  }
  return outcome;
}

/** Hosts with the same class get the same answer of `ssh -G`, their own names aside. Only where `shareable`. */
export function hostClass(scan: ConfigScan, host: string): string {
  const name = host.toLowerCase();
  const names = scan.matchesResolved ? [name, ...scan.hostNames.map((one) => withHost(one, name))] : [name];
  const matched = (name: string) => (list: readonly string[]) =>
    // `Host a !b` as well as `Match host a,!b`; a pattern is compared as it is written and without its case.
    hostPatternsMatch(list, name) || hostPatternsMatch(lowered(list), name) ? '1' : '0';
  const exact = matched(host);
  return [
    scan.patterns.map(exact).join(''),
    ...names.map((one) => scan.patterns.map(matched(one)).join('')),
  ].join(' ');
}

const lower = new WeakMap<readonly string[], readonly string[]>();
function lowered(list: readonly string[]): readonly string[] {
  const known = lower.get(list);
  if (known) return known;
  const made = list.map((pattern) => pattern.toLowerCase());
  lower.set(list, made);
  return made;
}

/** A HostName setting for a host: `%h` is its name, `%%` a percent sign. */
function withHost(template: string, host: string): string {
  return template.replaceAll(/%[%h]/g, (token) => (token === '%%' ? '%' : host));
}

/**
 * The address of a host from that of another host of its class, or null when it can't be told: several settings of
 * HostName would explain the other's, and differ here.
 */
export function sharedHostName(
  scan: ConfigScan,
  other: { readonly host: string; readonly hostName: string },
  host: string,
): string | null {
  const fits = scan.hostNames.filter(
    (one) => withHost(one, other.host).toLowerCase() === other.hostName.toLowerCase(),
  );
  const names = new Set(fits.map((one) => withHost(one, host)));
  const [only] = names;
  return names.size === 1 && only !== undefined ? only : null;
}
