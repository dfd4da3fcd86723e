import { createDecipheriv, createHmac, pbkdf2Sync, timingSafeEqual } from 'node:crypto';
import type { Envelope } from './envelope.ts';

const ITERATIONS = 10_000;
/** Bytes of the key for the cipher, of the one for the check, and of the cipher's first counter. */
const [CIPHER_KEY, CHECK_KEY, COUNTER] = [32, 32, 16];

/** The plain bytes; null when the password is wrong, or the text was changed since. Ansible Vault's AES256. */
export function decrypt(envelope: Envelope, password: Buffer): Buffer | null {
  const salt = Buffer.from(envelope.salt, 'hex');
  const ciphertext = Buffer.from(envelope.ciphertext, 'hex');
  const keys = pbkdf2Sync(password, salt, ITERATIONS, CIPHER_KEY + CHECK_KEY + COUNTER, 'sha256');
  const checkKey = keys.subarray(CIPHER_KEY, CIPHER_KEY + CHECK_KEY);
  const hmac = createHmac('sha256', checkKey).update(ciphertext).digest();
  if (!timingSafeEqual(hmac, Buffer.from(envelope.hmac, 'hex'))) return null;
  const counter = keys.subarray(CIPHER_KEY + CHECK_KEY);
  const cipher = createDecipheriv('aes-256-ctr', keys.subarray(0, CIPHER_KEY), counter);
  return unpad(Buffer.concat([cipher.update(ciphertext), cipher.final()]));
}

/** PKCS#7: the last byte says how many were added. */
function unpad(bytes: Buffer): Buffer | null {
  const added = bytes.at(-1) ?? 0;
  if (added < 1 || added > 16 || added > bytes.length) return null;
  return bytes.subarray(0, bytes.length - added);
}
