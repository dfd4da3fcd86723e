import { existsSync, readFileSync } from 'node:fs';
import { ConnectionError, type ConnectionTarget } from './connection.ts';
import { onlyAuthorityKnows } from './host_keys/host_keys.ts';
import { keyTypeOf } from './host_keys/known_hosts.ts';
import { agentKeyTypes } from './keys/agent_types.ts';
import { publicKeyInside } from './keys/openssh_key.ts';
import { connectOpenSsh } from './openssh/connect.ts';
import type { Shared } from './shared.ts';
import { connectSsh } from './ssh2/connect.ts';
import type { Transport } from './transport.ts';

/**
 * Connects with virtune's own client, or with the system's ssh where only that can do what the host needs.
 * @throws ConnectionError
 */
export async function connectBest(
  shared: Shared,
  target: ConnectionTarget,
  signal?: AbortSignal,
): Promise<Transport> {
  if (needsOpenssh(shared, target).length > 0)
    return connectOpenSsh(shared, { ...target, kind: 'openssh' }, signal);
  try {
    return await connectSsh(shared, target, signal);
  } catch (error) {
    if (!(error instanceof ConnectionError && (await worthAnotherClient(target, error)))) throw error;
    // A password that was refused is not tried once more: that might lock the account.
    const { password: _, ...rest } = target;
    const next = /tried .*the password/.test(error.message) ? rest : target;
    return connectOpenSsh(shared, { ...next, kind: 'openssh' }, signal).catch((second: unknown) => {
      // The first error tells more; the second only where it is about something else.
      throw second instanceof ConnectionError && second.code !== 'auth' ? second : error;
    });
  }
}

/** What of a target or of the way to it only OpenSSH itself can do, in words. */
export function needsOpenssh(shared: Shared, target: ConnectionTarget): readonly string[] {
  const { exists, isSecurityKey, isPublicHalf } = shared.the(keyLooks);
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
    ...(onlyAuthorityKnows(shared, target) ? ['@cert-authority'] : []),
    ...(jump === undefined ? [] : needsOpenssh(shared, jump)),
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

/** The usual names are tried whether they are there or not; any other was written down by somebody. */
const USUAL_KEY = /[/]\.ssh[/]id_(?:rsa|dsa|ecdsa|ecdsa_sk|ed25519|ed25519_sk|xmss)$/;

function isMeant(key: string, { identitiesOnly, privateKeyFile }: ConnectionTarget): boolean {
  return identitiesOnly === true || key === privateKeyFile || !USUAL_KEY.test(key);
}

/** What key files tell at a look. Each is looked at once: a thousand hosts have the same keys. */
interface KeyLooks {
  readonly exists: (path: string) => boolean;
  /** A public key, or the name of one without its private half: that is in the agent, and OpenSSH asks it for just this. */
  readonly isPublicHalf: (path: string) => boolean;
  /** A key that lives in a FIDO token: its file holds only a handle. */
  readonly isSecurityKey: (path: string) => boolean;
}

function keyLooks(): KeyLooks {
  const once = (look: (path: string) => boolean): ((path: string) => boolean) => {
    const seen = new Map<string, boolean>();
    return (path) => {
      const known = seen.get(path) ?? look(path);
      seen.set(path, known);
      return known;
    };
  };
  const holds = (path: string, test: (text: string) => boolean): boolean => {
    try {
      return test(readFileSync(path, 'utf8'));
    } catch {
      return false;
    }
  };
  return {
    exists: once(existsSync),
    isPublicHalf: once((path) =>
      existsSync(path)
        ? holds(path, (text) => /^(?:ssh|ecdsa|sk)-\S+ AAAA/.test(text))
        : existsSync(`${path}.pub`),
    ),
    isSecurityKey: once((path) =>
      holds(path, (text) => {
        const blob = publicKeyInside(text);
        return blob !== null && (keyTypeOf(blob)?.startsWith('sk-') ?? false);
      }),
    ),
  };
}
