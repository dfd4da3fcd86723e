const MAGIC = 'openssh-key-v1\0';

/**
 * The public key of a private key, encrypted or not, in OpenSSH's own format, which keeps it in the clear
 * (PROTOCOL.key in OpenSSH): with it the agent can be asked for the right key. Null for other formats.
 */
export function publicKeyInside(text: string): Buffer | null {
  const body = /-----BEGIN OPENSSH PRIVATE KEY-----([\s\S]+?)-----END OPENSSH PRIVATE KEY-----/.exec(
    text,
  )?.[1];
  if (body === undefined) return null;
  const data = Buffer.from(body, 'base64');
  if (data.toString('latin1', 0, MAGIC.length) !== MAGIC) return null;
  let at = MAGIC.length;
  // cipher name, KDF name, KDF options
  for (let field = 0; field < 3; field++) {
    if (at + 4 > data.length) return null;
    at += 4 + data.readUInt32BE(at);
  }
  const start = at + 8;
  if (start > data.length) return null;
  const end = start + data.readUInt32BE(at + 4);
  return end > data.length ? null : data.subarray(start, end);
}
