/** What an encrypted text holds, still encrypted. All bytes are written as pairs of hexadecimal digits. */
export interface Envelope {
  /** The vault id that it was encrypted for, if it names one. */
  readonly id: string | null;
  readonly salt: string;
  readonly hmac: string;
  readonly ciphertext: string;
}

export type ParsedEnvelope =
  | { readonly ok: true; readonly envelope: Envelope }
  | { readonly ok: false; readonly message: string; readonly hint?: string };

const START = '$ANSIBLE_VAULT';

/** True for a file that `ansible-vault` has encrypted as a whole. */
export function isVaultText(text: string): boolean {
  return text.startsWith(START);
}

/** Reads the form in which `ansible-vault` writes what it encrypts: `$ANSIBLE_VAULT;1.2;AES256;id` and hex digits. */
export function parseEnvelope(text: string): ParsedEnvelope {
  const [header = '', ...lines] = text.trim().split(/\r?\n/);
  const [start, version, cipher, id] = header.split(';').map((field) => field.trim());
  if (start !== START) return refuse(`it does not begin with "${START}"`);
  if (version !== '1.1' && version !== '1.2') {
    return refuse(`its format is not 1.1 or 1.2`, 'encrypt it again with a newer ansible-vault');
  }
  if (cipher !== 'AES256')
    return refuse('its cipher is not AES256', 'encrypt it again with a newer ansible-vault');
  const outer = lines.map((line) => line.trim()).join('');
  const parts = isHex(outer) ? ascii(outer).split('\n') : [];
  const [salt = '', hmac = '', ciphertext = ''] = parts;
  const sound = parts.length === 3 && isHex(salt) && hmac.length === 64 && isHex(hmac) && isHex(ciphertext);
  if (!sound) return refuse('it is cut off or changed', 'restore it as ansible-vault wrote it');
  return { ok: true, envelope: { id: id || null, salt, hmac, ciphertext } };
}

function isHex(text: string): boolean {
  return text.length > 0 && text.length % 2 === 0 && /^[0-9a-fA-F]*$/.test(text);
}

function ascii(hex: string): string {
  return (hex.match(/../g) ?? []).map((pair) => String.fromCharCode(Number.parseInt(pair, 16))).join('');
}

function refuse(message: string, hint?: string): ParsedEnvelope {
  return hint === undefined ? { ok: false, message } : { ok: false, message, hint };
}
