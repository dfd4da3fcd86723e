import { createPrivateKey, sign } from 'node:crypto';
import type { Duplex } from 'node:stream';
import type { Algorithms, Client, ParsedKey, ServerHostKeyAlgorithm } from 'ssh2';
import type { ConnectionTarget } from '../connection.ts';

/** Cheapest first; Diffie-Hellman groups cost up to 30 ms of CPU a handshake: only where ssh_config asks for them. */
const ALGORITHMS = {
  kex: [
    'curve25519-sha256',
    'curve25519-sha256@libssh.org',
    'ecdh-sha2-nistp256',
    'ecdh-sha2-nistp384',
    'ecdh-sha2-nistp521',
  ],
  cipher: [
    'aes128-gcm@openssh.com',
    'aes256-gcm@openssh.com',
    'chacha20-poly1305@openssh.com',
    'aes128-ctr',
    'aes192-ctr',
    'aes256-ctr',
  ],
} satisfies Algorithms;

/** What to ask a server for: the algorithms of ssh_config where it names some, else virtune's own choice. */
export function clientAlgorithms(
  { algorithms = {}, compress = false }: ConnectionTarget,
  hostKeys: ServerHostKeyAlgorithm[],
): Algorithms {
  const own = { kex: algorithms.kex, cipher: algorithms.cipher, hmac: algorithms.mac };
  const named = Object.entries(own).filter(([, names]) => names !== undefined && names.length > 0);
  return {
    ...ALGORITHMS,
    ...(Object.fromEntries(named) as Algorithms),
    serverHostKey: hostKeys,
    compress: compress ? ['zlib@openssh.com', 'none'] : ['none'],
  };
}

const HOSTKEYS = 'hostkeys-00@openssh.com';

const HASHES: Readonly<Record<string, string>> = {
  'ecdsa-sha2-nistp256': 'sha256',
  'ecdsa-sha2-nistp384': 'sha384',
  'ecdsa-sha2-nistp521': 'sha512',
};

/**
 * Makes a private key sign with a key object that is parsed once. ssh2 parses the PEM text for each signature:
 * 0.4 ms a login, where the Ed25519 signature itself takes 0.04 ms.
 */
export function withFastSign(key: ParsedKey): ParsedKey {
  const object = createPrivateKey(key.getPrivatePEM());
  key.sign = (data, algorithm) =>
    sign(algorithm ?? HASHES[key.type] ?? null, Buffer.from(data as Buffer), object);
  return key;
}

/**
 * Keeps ssh2 from answering OpenSSH's announcement of its host keys (UpdateHostKeys), which it always does and
 * virtune has no use for: 0.9 ms here and a signature with each of its keys on the host. ssh2 has no setting
 * for it; where its insides look different, nothing is changed.
 */
export function ignoreHostKeyUpdates(client: Client): void {
  const handlers = (client as unknown as { _protocol?: { _handlers?: Handlers } })._protocol?._handlers;
  const original = handlers?.GLOBAL_REQUEST;
  if (!handlers || typeof original !== 'function') return;
  handlers.GLOBAL_REQUEST = (protocol, name, wantReply, data) => {
    if (name !== HOSTKEYS || wantReply) original(protocol, name, wantReply, data);
  };
}

interface Handlers {
  GLOBAL_REQUEST?: (protocol: unknown, name: string, wantReply: boolean, data: unknown) => void;
}

/**
 * Holds back what is written to a stream until the caller is done. ssh2 writes a packet in three pieces (AES-GCM: length,
 * content, tag), each of which would be a system call and a segment of TCP by itself. And with ChaCha20 and without its
 * native part it keeps what it needs for the next piece where all connections share it: of a connection that runs inside
 * another one, the outer one would spoil the packets of the inner.
 */
export function writeLater(stream: Duplex): void {
  const write = stream.write.bind(stream) as (...args: unknown[]) => boolean;
  let held = false;
  stream.write = (...args: unknown[]) => {
    if (!held) {
      held = true;
      stream.cork();
      process.nextTick(() => {
        held = false;
        stream.uncork();
      });
    }
    return write(...args);
  };
}
