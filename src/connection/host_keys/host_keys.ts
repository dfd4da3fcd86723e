import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { dirname } from 'node:path';
import type { ServerHostKeyAlgorithm } from 'ssh2';
import { shellQuote } from '../../base/quote.ts';
import { ConnectionError, type ConnectionTarget } from '../connection.ts';
import type { Shared } from '../shared.ts';
import {
  type HostKeyVerdict,
  hasAuthority,
  judgeHostKey,
  keyTypeOf,
  knownHostsLine,
  knownHostsName,
  knownKeyTypes,
} from './known_hosts.ts';
import { appendKnownHostsLine, readKnownHosts } from './known_hosts_files.ts';

/** Every algorithm that virtune asks for, OpenSSH's order; SHA-1 signatures (ssh-rsa) are not among them. */
const ALGORITHMS: readonly (readonly [ServerHostKeyAlgorithm, type: string])[] = [
  ['ssh-ed25519', 'ssh-ed25519'],
  ['ecdsa-sha2-nistp256', 'ecdsa-sha2-nistp256'],
  ['ecdsa-sha2-nistp384', 'ecdsa-sha2-nistp384'],
  ['ecdsa-sha2-nistp521', 'ecdsa-sha2-nistp521'],
  ['rsa-sha2-512', 'ssh-rsa'],
  ['rsa-sha2-256', 'ssh-rsa'],
];

/**
 * The algorithms to ask a host for, those of its known keys first: a host that is known by its RSA key only
 * would otherwise show another key, and be taken for an unknown one.
 * @throws ConnectionError `known_hosts` when a known_hosts file can't be read
 */
export function hostKeyAlgorithms(shared: Shared, target: ConnectionTarget): ServerHostKeyAlgorithm[] {
  const files = readKnownHosts(shared, target.host, target.knownHostsFiles);
  const wanted = target.algorithms?.hostKey ?? [];
  // What ssh_config names holds as it is, as with OpenSSH.
  if (wanted.length > 0) return [...wanted] as ServerHostKeyAlgorithm[];
  const types = knownKeyTypes(files, ...filedAs(target));
  const known = ALGORITHMS.filter(([, type]) => types.includes(type));
  const rest = ALGORITHMS.filter(([, type]) => !types.includes(type));
  return [...known, ...rest].map(([algorithm]) => algorithm);
}

/**
 * Judges the key that a host shows, before the host has proven that it owns it.
 * @returns the refusal, or undefined when the key is known, or is new and new ones are accepted
 */
export function refuseHostKey(
  shared: Shared,
  target: ConnectionTarget,
  blob: Buffer,
): ConnectionError | undefined {
  const verdict = judge(shared, target, blob);
  switch (verdict.kind) {
    case 'known':
      return undefined;
    case 'unknown':
      return target.acceptNewHostKeys ? undefined : unknownKey(target, blob, verdict);
    case 'changed':
      return target.tolerateChangedHostKeys ? undefined : changedKey(target, blob, verdict);
    case 'revoked':
      return new ConnectionError(
        'host_key_revoked',
        `${target.host} showed a host key that ${at(verdict)} revokes`,
        'the machine may be an impostor: give it a new host key, or remove that line if it is wrong',
      );
  }
}

/** Why a command gets no input, which may be a password, from a host whose key has changed and is tolerated. */
export function inputWithheld({ host }: ConnectionTarget): ConnectionError {
  return new ConnectionError(
    'host_key_changed',
    `${host} showed another host key than the known one: it gets no password`,
    'StrictHostKeyChecking is off, which is no reason to trust it: put its key in order, or do without ansible_become_password',
  );
}

/** Whether nothing but a certificate authority vouches for a host: ssh2 knows no certificates. */
export function onlyAuthorityKnows(shared: Shared, target: ConnectionTarget): boolean {
  const files = readKnownHosts(shared, target.host, target.knownHostsFiles);
  return knownKeyTypes(files, ...filedAs(target)).length === 0 && hasAuthority(files, ...filedAs(target));
}

/** Whether a host that shows this key is known by another. */
export function hostKeyChanged(shared: Shared, target: ConnectionTarget, blob: Buffer): boolean {
  return judge(shared, target, blob).kind === 'changed';
}

/**
 * Files a new key once the host has proven that it owns it. Judges again: another connection to the same name
 * may have filed a key in between.
 * @returns the refusal, or undefined when the key is known now
 */
export function recordHostKey(
  shared: Shared,
  target: ConnectionTarget,
  blob: Buffer,
): ConnectionError | undefined {
  const refusal = refuseHostKey(shared, target, blob);
  if (refusal || judge(shared, target, blob).kind !== 'unknown') return refusal;
  const [file] = target.knownHostsFiles;
  const { type, key } = described(blob);
  try {
    if (file === undefined) throw new Error('no file is set');
    appendKnownHostsLine(file, knownHostsLine(...filedAs(target), type, key, target.hashKnownHosts));
    return undefined;
  } catch (error) {
    const reason = (error as NodeJS.ErrnoException).code ?? (error as Error).message;
    return new ConnectionError(
      'known_hosts',
      `the new host key of ${target.host} could not be added to ${file ?? 'known_hosts'} (${reason})`,
      'name a file that can be written with --known-hosts FILE',
    );
  }
}

/** The name and port under which a host's key is filed: those of HostKeyAlias hold for any port. */
function filedAs({ address, port, hostKeyAlias }: ConnectionTarget): [name: string, port: number] {
  return hostKeyAlias === undefined ? [address, port] : [hostKeyAlias, 22];
}

function judge(shared: Shared, target: ConnectionTarget, blob: Buffer): HostKeyVerdict {
  const files = readKnownHosts(shared, target.host, target.knownHostsFiles);
  const { type, key } = described(blob);
  return judgeHostKey(files, ...filedAs(target), type, key);
}

function unknownKey(
  target: ConnectionTarget,
  blob: Buffer,
  verdict: HostKeyVerdict & { kind: 'unknown' },
): ConnectionError {
  const { type } = described(blob);
  const short = type.replace(/^ssh-/, '').replace(/^ecdsa-.*/, 'ecdsa');
  const port = target.port === 22 ? '' : `-p ${target.port} `;
  const [file = '~/.ssh/known_hosts'] = target.knownHostsFiles;
  // ssh-keyscan knows neither aliases nor ways through other hosts.
  const direct =
    target.hostKeyAlias === undefined && target.jump === undefined && target.proxyCommand === undefined;
  const line = `${knownHostsName(...filedAs(target))} ${type} ${blob.toString('base64')}`;
  const [before, word] = direct
    ? [`ssh-keyscan -t ${short} ${port}`.trimEnd(), shellQuote(target.address)]
    : ["printf '%s\\n'", shellQuote(line)];
  const command = { before: `${madeFolder(file)}${before}`, word, after: `>> ${shellQuote(file)}` };
  const scan = `${command.before} ${word} ${command.after}`;
  const authority = verdict.authority
    ? `${at({ entry: verdict.authority })} trusts a certificate authority, which this connection can't check; `
    : '';
  return new ConnectionError(
    'host_key_unknown',
    `${target.host} is not in ${target.knownHostsFiles.join(', ') || 'any known_hosts file'}: ` +
      `it showed ${named(type)} key ${fingerprint(blob)}`,
    `${authority}compare that fingerprint with the host's own, then run: ${scan} (or use --accept-new-host-keys)`,
    false,
    undefined,
    {
      text: `${authority}compare each fingerprint with the host's own, then run (or use --accept-new-host-keys)`,
      command,
    },
  );
}

/** A fresh account has no `~/.ssh` yet. */
function madeFolder(file: string): string {
  const folder = dirname(file);
  return folder.startsWith('~') || existsSync(folder) ? '' : `mkdir -p -m 700 ${shellQuote(folder)} && `;
}

function changedKey(
  target: ConnectionTarget,
  blob: Buffer,
  verdict: HostKeyVerdict & { kind: 'changed' },
): ConnectionError {
  const name = shellQuote(knownHostsName(...filedAs(target)));
  const old = fingerprint(Buffer.from(verdict.entry.key, 'base64'));
  return new ConnectionError(
    'host_key_changed',
    `${target.host} showed ${named(described(blob).type)} key ${fingerprint(blob)}, but ${at(verdict)} has ` +
      `${named(verdict.entry.type)} key ${old}: it was reinstalled, or something is between you and it`,
    `if the change is meant, run: ssh-keygen -R ${name} -f ${shellQuote(verdict.entry.file)}`,
  );
}

function described(blob: Buffer): { type: string; key: string } {
  return { type: keyTypeOf(blob) ?? 'unknown', key: blob.toString('base64') };
}

/** As `ssh-keygen -l` prints it. */
function fingerprint(blob: Buffer): string {
  return `SHA256:${createHash('sha256').update(blob).digest('base64').replace(/=+$/, '')}`;
}

function named(type: string): string {
  const name = type
    .replace(/^ssh-/, '')
    .replace(/^ecdsa-.*/, 'ecdsa')
    .toUpperCase();
  return `${/^[AEIO]/.test(name) ? 'an' : 'a'} ${name}`;
}

function at({ entry }: { readonly entry: { readonly file: string; readonly line: number } }): string {
  return `${entry.file}:${entry.line}`;
}
