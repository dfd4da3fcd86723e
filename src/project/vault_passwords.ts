import { stat } from 'node:fs/promises';
import { extname } from 'node:path';
import type { Diagnostic } from '../model/diagnostic.ts';
import { readPasswordFile } from './password_file.ts';

/** Where a password comes from: a file, a program that prints it, or the person at the terminal. */
export interface VaultSource {
  /** The vault id, where one is named. */
  readonly id: string | null;
  readonly from: { readonly file: string } | 'prompt';
}

export interface VaultPassword {
  readonly id: string | null;
  readonly bytes: Buffer;
}

export interface ReadPasswords {
  readonly passwords: readonly VaultPassword[];
  readonly diagnostics: readonly Diagnostic[];
}

/** Asks for a secret; what is typed is not shown. */
export type Ask = (prompt: string) => Promise<string>;

/** `FILE`, `id@FILE` or `id@prompt`. A file that really has the whole as its name is that file. */
export async function parseVaultSource(text: string): Promise<VaultSource> {
  const at = text.indexOf('@');
  if (at < 0 || (await exists(text))) return text === 'prompt' ? PROMPT : { id: null, from: { file: text } };
  const [id, from] = [text.slice(0, at), text.slice(at + 1)];
  return { id: id === '' ? null : id, from: from === 'prompt' ? 'prompt' : { file: from } };
}

/** As with `--ask-vault-pass`. */
export const PROMPT: VaultSource = { id: null, from: 'prompt' };

/** Reads the passwords in their order. Asking may reject; all else that is wrong is a diagnostic. */
export async function readPasswords(sources: readonly VaultSource[], ask: Ask): Promise<ReadPasswords> {
  const passwords: VaultPassword[] = [];
  const diagnostics: Diagnostic[] = [];
  for (const { id, from } of sources) {
    const read =
      from === 'prompt'
        ? await askPassword(id, ask)
        : await readPasswordFile(from.file, 'vault password', clientArgs(from.file, id));
    if ('severity' in read) diagnostics.push(read);
    else if (read.length === 0) diagnostics.push(empty(from));
    else passwords.push({ id, bytes: read });
  }
  return { passwords, diagnostics };
}

async function askPassword(id: string | null, ask: Ask): Promise<Buffer> {
  return Buffer.from((await ask(id === null ? 'vault password' : `vault password (${id})`)).trim());
}

function empty(from: VaultSource['from']): Diagnostic {
  const message =
    from === 'prompt' ? 'the vault password is empty' : `the vault password file ${from.file} is empty`;
  return { severity: 'error', message };
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}

/** Ansible's name for programs that want to know which password is meant. */
function clientArgs(file: string, id: string | null): readonly string[] {
  const isClient = file.slice(0, file.length - extname(file).length).endsWith('-client');
  return isClient ? ['--vault-id', id ?? 'default'] : [];
}
