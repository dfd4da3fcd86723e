import type { Diagnostic, Place } from '../model/diagnostic.ts';
import { decrypt } from '../vault/cipher.ts';
import { parseEnvelope } from '../vault/envelope.ts';
import { createRedactor } from '../vault/redact.ts';
import type { Encrypted, OpenEncrypted } from '../yaml/encrypted.ts';
import { placeOf } from '../yaml/places.ts';
import { type Ask, type ReadPasswords, readPasswords, type VaultSource } from './vault_passwords.ts';

/** Opens what `ansible-vault` has encrypted. Passwords are read or asked for once, when the first such thing is met. */
export interface Vault {
  /** Gets the passwords ready for {@link Vault.open}: to be called once something encrypted was read. */
  readonly unlock: () => Promise<void>;
  /** The plain text of a file that is encrypted as a whole; null, with the diagnostic, when it cannot be opened. */
  readonly readFile: (text: string, path: string) => Promise<VaultText>;
  /** Opens one value. What cannot be opened stays as it is, and is one of the {@link Vault.problems}. */
  readonly open: OpenEncrypted;
  /** What went wrong with the passwords, and with single values that were needed. */
  readonly problems: () => readonly Diagnostic[];
  /** Diagnostics without the secrets that were opened. */
  readonly redact: (diagnostics: readonly Diagnostic[]) => readonly Diagnostic[];
  /** Notes the values of a file that was opened, for {@link Vault.redact}. */
  readonly hide: (value: unknown, path: string) => void;
}

export interface VaultText {
  readonly text: string | null;
  readonly diagnostics: readonly Diagnostic[];
}

type Opened = { readonly text: string } | { readonly message: string; readonly hint?: string | undefined };

const NO_PASSWORD = 'give the password: --vault-password-file FILE or --ask-vault-pass';

/** @param ask may reject, e.g. where there is no terminal */
export function createVault(sources: readonly VaultSource[], ask: Ask): Vault {
  let reading: Promise<ReadPasswords> | null = null;
  let ready: ReadPasswords = { passwords: [], diagnostics: [] };
  const opened = new Map<string, Opened>();
  const problems = new Map<string, Diagnostic>();
  const redactor = createRedactor();

  const unlock = async () => {
    reading ??= readPasswords(sources, ask);
    ready = await reading;
  };
  /** What is wrong with the passwords themselves is told once, and not again for all that they do not open. */
  const noneRead = () => ready.passwords.length === 0 && ready.diagnostics.length > 0;
  const openText = (text: string): Opened => {
    const known = opened.get(text);
    if (known !== undefined) return known;
    const fresh = tryAll(text, ready);
    opened.set(text, fresh);
    return fresh;
  };
  return {
    unlock,
    readFile: async (text, path) => {
      await unlock();
      const place = { file: path, line: 1, column: 1 };
      const result = openText(text);
      if ('text' in result) return { text: result.text, diagnostics: [] };
      return { text: null, diagnostics: noneRead() ? [] : [problem('the file', result, place)] };
    },
    open: (value: Encrypted, key, container) => {
      const result = openText(value.text);
      if ('text' in result) {
        redactor.add(result.text);
        return result.text;
      }
      if (noneRead()) return value;
      const found = problem(`the value of "${key}"`, result, placeOf(container, key));
      problems.set(`${found.message}\n${JSON.stringify(found.place)}`, found);
      return value;
    },
    problems: () => [...ready.diagnostics, ...problems.values()],
    redact: (diagnostics) => diagnostics.map(redactor.redact),
    hide: redactor.addFile,
  };
}

function problem(
  what: string,
  { message, hint }: Exclude<Opened, { text: string }>,
  place?: Place,
): Diagnostic {
  return { severity: 'error', message: `${what} is encrypted, and ${message}`, hint, place };
}

/** Ansible's order: passwords of the id that the text names, then all others. */
function tryAll(text: string, { passwords, diagnostics }: ReadPasswords): Opened {
  const parsed = parseEnvelope(text);
  if (!parsed.ok) return { message: parsed.message, hint: parsed.hint };
  if (passwords.length === 0) {
    // Why there is none has been said then.
    return { message: 'no password is known', hint: diagnostics.length > 0 ? undefined : NO_PASSWORD };
  }
  const { envelope } = parsed;
  const named = passwords.filter(({ id }) => id !== null && id === envelope.id);
  const others = passwords.filter((password) => !named.includes(password));
  for (const { bytes } of [...named, ...others]) {
    const plain = decrypt(envelope, bytes);
    if (plain === null) continue;
    try {
      return { text: new TextDecoder('utf-8', { fatal: true }).decode(plain) };
    } catch {
      return { message: 'what is in it is not UTF-8' };
    }
  }
  const which = passwords.length === 1 ? 'the password does not open it' : 'none of the passwords opens it';
  const hint = envelope.id === null ? undefined : `it was encrypted for the vault id "${envelope.id}"`;
  return { message: which, hint };
}
