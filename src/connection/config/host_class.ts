import { hostPatternsMatch } from '../host_keys/host_patterns.ts';
import type { Block, ConfigScan } from './scan.ts';

/**
 * Hosts with the same class get the same answer of `ssh -G`, their own names and addresses aside: the same blocks hold
 * for them, or blocks that say the same. Only where `shareable`. Pure.
 */
export function hostClass(scan: ConfigScan, host: string): string {
  const name = host.toLowerCase();
  const names = scan.matchesResolved ? scan.hostNames.map((one) => withHost(one, name)) : [];
  const bodies = (one: string): string =>
    scan.blocks
      .filter((block) => holdsFor(block, one))
      .map(({ body }) => body)
      .join();
  // OpenSSH compares patterns with the name as it is written here and in lower case there.
  return [host, name, ...names].map(bodies).join(' ');
}

/**
 * The address of a host from that of another host of its class, or null when it can't be told. Exact: where more than
 * one HostName may decide, the one that explains the other's address must be the only one.
 */
export function sharedHostName(
  scan: ConfigScan,
  other: { readonly host: string; readonly hostName: string },
  host: string,
): string | null {
  const own = hostNamesOf(scan, host);
  const [only] = own;
  // OpenSSH asks for names in lower case.
  if (own.size === 1 && only !== undefined) return withHost(only, host).toLowerCase();
  // The same block may decide for both, if it is one of those that hold for both.
  const theirs = hostNamesOf(scan, other.host);
  if (own.size !== theirs.size || [...own].some((one) => !theirs.has(one))) return null;
  const fits = [...own].filter(
    (one) => withHost(one, other.host).toLowerCase() === other.hostName.toLowerCase(),
  );
  return fits.length === 1 && fits[0] !== undefined ? withHost(fits[0], host).toLowerCase() : null;
}

/** Every HostName that may decide for a host; `%h` where there is none for sure. */
function hostNamesOf(scan: ConfigScan, host: string): ReadonlySet<string> {
  const blocks = scan.blocks.filter((block) => holdsFor(block, host) || holdsFor(block, host.toLowerCase()));
  const inBlocks = blocks.flatMap(({ hostNames }) => hostNames);
  // A loose one may be in a Match that does not hold.
  const all = [...inBlocks, ...scan.looseHostNames];
  return new Set(inBlocks.length > 0 ? all : [...all, '%h']);
}

function holdsFor({ patterns }: Block, name: string): boolean {
  return hostPatternsMatch(patterns, name) || hostPatternsMatch(lowered(patterns), name);
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
