import { readFileSync, statSync } from 'node:fs';
import ssh2, { type ParsedKey } from 'ssh2';
import type { Shared } from '../shared.ts';
import { withFastSign } from '../ssh2/tuning.ts';
import { publicKeyInside } from './openssh_key.ts';

/** A private key file, read. */
export type KeyFile =
  | { readonly kind: 'key'; readonly path: string; readonly key: ParsedKey; readonly publicKey: Buffer }
  /** `publicKey` is null when the file doesn't tell and there is no `.pub` beside it. */
  | { readonly kind: 'encrypted'; readonly path: string; readonly publicKey: Buffer | null }
  | { readonly kind: 'missing'; readonly path: string }
  | { readonly kind: 'unusable'; readonly path: string; readonly reason: string; readonly hint?: string };

/** What a run has read and opened. */
function readFiles(): Map<string, { readonly stamp: string; readonly file: KeyFile }> {
  return new Map();
}

/** Reads and parses a private key file; the same file is parsed once a run. Never throws. */
export function readKeyFile(shared: Shared, path: string): KeyFile {
  const cache = shared.the(readFiles);
  try {
    const stat = statSync(path);
    const stamp = [stat.ino, stat.size, stat.mtimeMs, stat.mode, stat.uid].join(':');
    const hit = cache.get(path);
    if (hit?.stamp === stamp) return hit.file;
    const file = tooOpen(stat.mode, stat.uid) ? openToOthers(path, stat.mode) : parse(path);
    cache.set(path, { stamp, file });
    return file;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return { kind: 'missing', path };
    return { kind: 'unusable', path, reason: `can't be read (${code ?? String(error)})` };
  }
}

/** Opens an encrypted key file; from then on it is read without its passphrase. @returns null when that is wrong */
export function unlockKeyFile(
  shared: Shared,
  path: string,
  passphrase: string,
): (KeyFile & { kind: 'key' }) | null {
  const cache = shared.the(readFiles);
  const parsed: ParsedKey | ParsedKey[] | Error = ssh2.utils.parseKey(readFileSync(path), passphrase);
  const key = Array.isArray(parsed) ? parsed[0] : parsed;
  if (key === undefined || key instanceof Error || !key.isPrivateKey()) return null;
  const file = { kind: 'key' as const, path, key: withFastSign(key), publicKey: key.getPublicSSH() };
  const hit = cache.get(path);
  if (hit) cache.set(path, { stamp: hit.stamp, file });
  return file;
}

/** OpenSSH's rule: a key of one's own must be closed to group and others. */
function tooOpen(mode: number, uid: number): boolean {
  return process.getuid !== undefined && uid === process.getuid() && (mode & 0o077) !== 0;
}

function openToOthers(path: string, mode: number): KeyFile {
  const octal = (mode & 0o777).toString(8).padStart(4, '0');
  return {
    kind: 'unusable',
    path,
    reason: `is open to other users (mode ${octal})`,
    hint: `run: chmod 600 ${path}`,
  };
}

function parse(path: string): KeyFile {
  const text = readFileSync(path, 'utf8');
  const parsed: ParsedKey | ParsedKey[] | Error = ssh2.utils.parseKey(text);
  const key = Array.isArray(parsed) ? parsed[0] : parsed;
  if (key instanceof Error && /encrypted|Unsupported cipher/i.test(key.message)) {
    return { kind: 'encrypted', path, publicKey: publicKeyInside(text) ?? publicKeyBeside(path) };
  }
  if (key === undefined || key instanceof Error || !key.isPrivateKey()) {
    const hint = /BEGIN (ENCRYPTED )?PRIVATE KEY/.test(text)
      ? `it is in PKCS#8 format; run: ssh-keygen -p -f ${path}`
      : 'supported are OpenSSH and PEM files of ed25519, ECDSA and RSA keys';
    return { kind: 'unusable', path, reason: 'is not a private key that virtune can read', hint };
  }
  return { kind: 'key', path, key: withFastSign(key), publicKey: key.getPublicSSH() };
}

function publicKeyBeside(path: string): Buffer | null {
  try {
    const parsed: ParsedKey | ParsedKey[] | Error = ssh2.utils.parseKey(readFileSync(`${path}.pub`, 'utf8'));
    const key = Array.isArray(parsed) ? parsed[0] : parsed;
    return key === undefined || key instanceof Error ? null : key.getPublicSSH();
  } catch {
    return null;
  }
}
