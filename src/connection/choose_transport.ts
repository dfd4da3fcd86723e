import { existsSync, readFileSync } from 'node:fs';
import { type Connection, ConnectionError, type ConnectionTarget } from './connection.ts';
import { onlyAuthorityKnows } from './host_keys/host_keys.ts';
import { keyTypeOf } from './host_keys/known_hosts.ts';
import { agentKeyTypes } from './keys/agent_types.ts';
import { publicKeyInside } from './keys/openssh_key.ts';
import { connectOpenSsh } from './openssh/connect.ts';
import { connectSsh } from './ssh2/connect.ts';

/**
 * Connects with virtune's own client, or with the system's ssh where only that can do what the host needs.
 * @throws ConnectionError
 */
export async function connectBest(target: ConnectionTarget, signal?: AbortSignal): Promise<Connection> {
  if (needsOpenssh(target).length > 0) return connectOpenSsh({ ...target, kind: 'openssh' }, signal);
  try {
    return await connectSsh(target, signal);
  } catch (error) {
    if (!(error instanceof ConnectionError && (await worthAnotherClient(target, error)))) throw error;
    // A password that was refused is not tried once more: that might lock the account.
    const { password: _, ...rest } = target;
    const next = /tried .*the password/.test(error.message) ? rest : target;
    return connectOpenSsh({ ...next, kind: 'openssh' }, signal).catch((second: unknown) => {
      // The first error tells more; the second only where it is about something else.
      throw second instanceof ConnectionError && second.code !== 'auth' ? second : error;
    });
  }
}

/** What of a target or of the way to it only OpenSSH itself can do, in words. */
export function needsOpenssh(target: ConnectionTarget): readonly string[] {
  const {
    needsOpenssh: settings = [],
    certificateFiles = [],
    identityFiles = [],
    privateKeyFile,
    jump,
  } = target;
  const keys = privateKeyFile === undefined ? identityFiles : [privateKeyFile, ...identityFiles];
  return [
    ...settings,
    ...certificateFiles.filter(exists),
    ...keys.map((key) => `${key}-cert.pub`).filter(exists),
    ...keys.filter(isSecurityKey),
    ...keys.filter((key) => isMeant(key, target) && isPublicHalf(key)),
    ...(onlyAuthorityKnows(target) ? ['@cert-authority'] : []),
    ...(jump === undefined ? [] : needsOpenssh(jump)),
  ];
}

/** After a refused login: does the agent hold what ssh2 can't use, or does the server take the ticket that is there? */
async function worthAnotherClient(target: ConnectionTarget, error: ConnectionError): Promise<boolean> {
  if (error.code !== 'auth') return false;
  const held = target.agentSocket && !target.identitiesOnly ? await agentKeyTypes(target.agentSocket) : [];
  if (held.some((type) => type.startsWith('sk-') || type.includes('-cert-v01@'))) return true;
  const ticket = process.env.KRB5CCNAME || existsSync(`/tmp/krb5cc_${process.getuid?.()}`);
  return target.gssapi === true && Boolean(ticket) && /it accepts .*gssapi-with-mic/.test(error.message);
}

/** Files are looked at once: a thousand hosts have the same keys. */
const seen = new Map<string, boolean>();

function once(question: string, path: string, look: () => boolean): boolean {
  const key = `${question}\0${path}`;
  const known = seen.get(key) ?? look();
  seen.set(key, known);
  return known;
}

function exists(path: string): boolean {
  return once('exists', path, () => existsSync(path));
}

/** The usual names are tried whether they are there or not; any other was written down by somebody. */
const USUAL_KEY = /[/]\.ssh[/]id_(?:rsa|dsa|ecdsa|ecdsa_sk|ed25519|ed25519_sk|xmss)$/;

function isMeant(key: string, { identitiesOnly, privateKeyFile }: ConnectionTarget): boolean {
  return identitiesOnly === true || key === privateKeyFile || !USUAL_KEY.test(key);
}

/** A public key, or the name of one without its private half: that is in the agent, and OpenSSH asks it for just this. */
function isPublicHalf(path: string): boolean {
  return once('public', path, () => {
    if (!existsSync(path)) return existsSync(`${path}.pub`);
    try {
      return /^(?:ssh|ecdsa|sk)-\S+ AAAA/.test(readFileSync(path, 'utf8'));
    } catch {
      return false;
    }
  });
}

/** A key that lives in a FIDO token: its file holds only a handle. */
function isSecurityKey(path: string): boolean {
  return once('sk', path, () => {
    try {
      const blob = publicKeyInside(readFileSync(path, 'utf8'));
      return blob !== null && (keyTypeOf(blob)?.startsWith('sk-') ?? false);
    } catch {
      return false;
    }
  });
}
