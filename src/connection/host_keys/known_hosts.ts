import { createHmac, randomBytes } from 'node:crypto';
import { hostPatternsMatch } from './host_patterns.ts';

/** One usable line of a known_hosts file. */
interface KnownHostsEntry {
  readonly file: string;
  /** 1-based. */
  readonly line: number;
  /** `authority` is `@cert-authority`: recognised, not used. */
  readonly marker: 'key' | 'revoked' | 'authority';
  /** Lower case patterns; none where the name is hashed. */
  readonly hosts: readonly string[];
  /** A hashed name, decoded: each lookup tries them all. */
  readonly hashed?: { readonly salt: Buffer; readonly hash: string };
  /** As in the key blob, e.g. ssh-ed25519. */
  readonly type: string;
  /** Base64 of the key blob, without line breaks. */
  readonly key: string;
}

/** A parsed known_hosts file, indexed so that a thousand hosts are cheap to look up. */
export interface KnownHostsFile {
  readonly file: string;
  /** Entries whose hosts are all plain names, by name. */
  readonly byName: ReadonlyMap<string, readonly KnownHostsEntry[]>;
  /** Entries with patterns or hashed names: each lookup tries them all. */
  readonly others: readonly KnownHostsEntry[];
  readonly skipped: readonly { readonly line: number; readonly reason: string }[];
}

export type HostKeyVerdict =
  | { readonly kind: 'known'; readonly entry: KnownHostsEntry }
  | { readonly kind: 'unknown'; readonly authority: KnownHostsEntry | undefined }
  /** Another key is known: of the same type, or only of other types. */
  | { readonly kind: 'changed'; readonly entry: KnownHostsEntry }
  | { readonly kind: 'revoked'; readonly entry: KnownHostsEntry };

/** The name under which OpenSSH files a host: lower case, in brackets unless the port is 22. */
export function knownHostsName(address: string, port: number): string {
  const name = address.toLowerCase();
  return port === 22 ? name : `[${name}]:${port}`;
}

/** Parses OpenSSH's known_hosts format (sshd(8), SSH_KNOWN_HOSTS FILE FORMAT). Never throws. */
export function parseKnownHosts(file: string, text: string): KnownHostsFile {
  const byName = new Map<string, KnownHostsEntry[]>();
  const others: KnownHostsEntry[] = [];
  const skipped: { line: number; reason: string }[] = [];
  for (const [index, raw] of text.split('\n').entries()) {
    const content = raw.trim();
    if (content === '' || content.startsWith('#')) continue;
    const entry = parseLine(file, index + 1, content);
    if (typeof entry === 'string') skipped.push({ line: index + 1, reason: entry });
    else if (entry.hashed || entry.hosts.some((host) => /[*?!]/.test(host))) others.push(entry);
    else for (const host of new Set(entry.hosts)) pushTo(byName, host, entry);
  }
  return { file, byName, others, skipped };
}

/** Everything that the files say about a host, in the order of the files, plain names first. */
function lookupHost(
  files: readonly KnownHostsFile[],
  address: string,
  port: number,
): readonly KnownHostsEntry[] {
  const name = knownHostsName(address, port);
  return files.flatMap((file) => [...(file.byName.get(name) ?? []), ...otherMatches(file, name)]);
}

/** Answers by file and name: a connection asks several times, and each hashed line costs an HMAC. */
const answered = new WeakMap<KnownHostsFile, Map<string, readonly KnownHostsEntry[]>>();

function otherMatches(file: KnownHostsFile, name: string): readonly KnownHostsEntry[] {
  if (file.others.length === 0) return [];
  const answers = answered.get(file) ?? new Map<string, readonly KnownHostsEntry[]>();
  answered.set(file, answers);
  const hit = answers.get(name);
  if (hit) return hit;
  const matches = file.others.filter((entry) => entryMatches(entry, name));
  answers.set(name, matches);
  return matches;
}

/**
 * Judges the key that a host showed. Stricter than OpenSSH in one point: a host that is known only by keys of
 * other types counts as changed, not as unknown, so that accept-new can't be talked into a second identity.
 * @param key base64 of the key blob
 */
export function judgeHostKey(
  files: readonly KnownHostsFile[],
  address: string,
  port: number,
  type: string,
  key: string,
): HostKeyVerdict {
  const named = lookupHost(files, address, port);
  // Like OpenSSH: a key that is filed under the bare name vouches for other ports too, but accuses nobody, and says
  // nothing where the port has another key of the same type.
  const bare = port === 22 ? [] : lookupHost(files, address, 22);
  const revoked = [...named, ...bare].find((entry) => entry.marker === 'revoked' && entry.key === key);
  if (revoked) return { kind: 'revoked', entry: revoked };
  const keys = named.filter((entry) => entry.marker === 'key');
  const sameType = keys.find((entry) => entry.type === type);
  const vouching = sameType === undefined ? bare.filter((entry) => entry.marker === 'key') : [];
  const known = [...keys, ...vouching].find((entry) => entry.key === key);
  if (known) return { kind: 'known', entry: known };
  const other = sameType ?? keys[0];
  if (other) return { kind: 'changed', entry: other };
  return { kind: 'unknown', authority: named.find((entry) => entry.marker === 'authority') };
}

/** The key types that are on file for a host, revoked ones aside. */
export function knownKeyTypes(
  files: readonly KnownHostsFile[],
  address: string,
  port: number,
): readonly string[] {
  const named = lookupHost(files, address, port);
  const entries = port === 22 ? named : [...named, ...lookupHost(files, address, 22)];
  return [...new Set(entries.filter((entry) => entry.marker === 'key').map((entry) => entry.type))];
}

/** Whether a certificate authority may vouch for a host. */
export function hasAuthority(files: readonly KnownHostsFile[], address: string, port: number): boolean {
  const entries = [
    ...lookupHost(files, address, port),
    ...(port === 22 ? [] : lookupHost(files, address, 22)),
  ];
  return entries.some((entry) => entry.marker === 'authority');
}

/**
 * The line that OpenSSH's accept-new would write, with its final newline.
 * @param hashed HashKnownHosts
 */
export function knownHostsLine(
  address: string,
  port: number,
  type: string,
  key: string,
  hashed = false,
  salt = hashed ? randomBytes(20) : Buffer.alloc(0),
): string {
  const name = knownHostsName(address, port);
  return `${hashed ? `|1|${salt.toString('base64')}|${hashOf(salt, name)}` : name} ${type} ${key}\n`;
}

function parseLine(file: string, line: number, content: string): KnownHostsEntry | string {
  const fields = content.split(/[ \t]+/);
  let marker: KnownHostsEntry['marker'] = 'key';
  if (fields[0]?.startsWith('@')) {
    const word = fields.shift();
    if (word === '@revoked') marker = 'revoked';
    else if (word === '@cert-authority') marker = 'authority';
    else return `unknown marker ${word}`;
  }
  const [names, type, key] = fields;
  if (names === undefined || type === undefined || key === undefined) return 'fewer than three fields';
  const blob = Buffer.from(key, 'base64');
  if (blob.toString('base64') !== key) return 'the key is not base64';
  if (keyTypeOf(blob) !== type) return 'the key is not of the type that the line says';
  if (!names.startsWith('|')) return { file, line, marker, hosts: names.toLowerCase().split(','), type, key };
  const [, salt, hash] = /^\|1\|([A-Za-z0-9+/]+=*)\|([A-Za-z0-9+/]+=*)$/.exec(names) ?? [];
  if (salt === undefined || hash === undefined) return 'an unknown kind of hashed name';
  return { file, line, marker, hosts: [], hashed: { salt: Buffer.from(salt, 'base64'), hash }, type, key };
}

/** The type name at the start of a public key blob, or undefined when the blob is too short. */
export function keyTypeOf(blob: Buffer): string | undefined {
  if (blob.length < 4) return undefined;
  const end = 4 + blob.readUInt32BE(0);
  return end > blob.length ? undefined : blob.toString('latin1', 4, end);
}

function entryMatches({ hashed, hosts }: KnownHostsEntry, name: string): boolean {
  // A public file: nobody learns from how long the comparison takes.
  return hashed ? hashOf(hashed.salt, name) === hashed.hash : hostPatternsMatch(hosts, name);
}

function hashOf(salt: Buffer, name: string): string {
  return createHmac('sha1', salt).update(name).digest('base64');
}

function pushTo<T>(map: Map<string, T[]>, key: string, value: T): void {
  const list = map.get(key);
  if (list) list.push(value);
  else map.set(key, [value]);
}
