import { type FileHandle, open, readdir, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { shellQuote } from '../base/quote.ts';
import { didYouMeanHint } from '../base/suggest.ts';
import { type Diagnostic, type InputError, inputError, type Place } from '../model/diagnostic.ts';
import { MAX_BYTES } from '../yaml/syntax.ts';
import { noteRead } from './reads.ts';

export interface ReadText {
  /** Null when the file could not be read. */
  readonly text: string | null;
  readonly diagnostics: readonly Diagnostic[];
}

/**
 * Reads a text file, UTF-8, a byte order mark removed. Errors: missing (with near names), a folder, not readable, not
 * UTF-8 (with the place), larger than 16 MiB.
 * @param what the file is meant to be, for messages: `playbook`
 * @param options `anyComments`: lines that begin with `#` or `;` need not be UTF-8, as in Ansible's INI files
 */
export async function readText(
  path: string,
  what = 'file',
  { anyComments = false }: { readonly anyComments?: boolean } = {},
): Promise<ReadText> {
  const refuse = (message: string, hint?: string, place?: Place): ReadText => ({
    text: null,
    diagnostics: [{ severity: 'error', message, hint, place }],
  });
  let bytes: Buffer;
  noteRead(path);
  try {
    await using file = await open(path, 'r');
    bytes = await readUpTo(file, MAX_BYTES + 1);
  } catch (error) {
    const { message, hint } = await explainFileError(error, path, what);
    return refuse(message, hint);
  }
  if (bytes.length > MAX_BYTES) return refuse(`the ${what} ${path} is too large: more than 16 MiB`);
  const text = utf8(bytes);
  if (text !== null) return { text, diagnostics: [] };
  const rest = anyComments ? withoutComments(bytes) : bytes;
  const bare = anyComments ? utf8(rest) : null;
  if (bare !== null) return { text: bare, diagnostics: [] };
  return refuse(`the ${what} is not UTF-8`, 'save it as UTF-8', placeOfBadByte(rest, path));
}

function utf8(bytes: Buffer): string | null {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return null;
  }
}

/** The same lines, those of comments empty. */
function withoutComments(bytes: Buffer): Buffer {
  return Buffer.from(bytes.toString('latin1').replace(/^[#;].*$/gm, ''), 'latin1');
}

/** Pipes have no size beforehand, and a device may never end. */
async function readUpTo(file: FileHandle, max: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let total = 0;
  while (total < max) {
    const { bytesRead, buffer } = await file.read(Buffer.alloc(Math.min(65_536, max - total)));
    if (bytesRead === 0) break;
    chunks.push(buffer.subarray(0, bytesRead));
    total += bytesRead;
  }
  return Buffer.concat(chunks);
}

/**
 * What the operating system says about a file, in words, with what to do.
 * @param otherwise what to do where none is there, and no other has nearly its name
 */
export async function explainFileError(
  error: unknown,
  path: string,
  what: string,
  otherwise: (path: string) => Promise<string | undefined> = lookedIn,
): Promise<{ readonly message: string; readonly hint?: string | undefined }> {
  const code = (error as NodeJS.ErrnoException).code;
  if (code === 'ENOENT' || code === 'ENOTDIR') {
    return {
      message: `the ${what} ${path} does not exist`,
      hint: (await nearName(path, what)) ?? (await otherwise(path)),
    };
  }
  if (code === 'EISDIR') return { message: `the ${what} ${path} is a folder`, hint: `name a file in it` };
  if (code === 'EACCES' || code === 'EPERM')
    return {
      message: `the ${what} ${path} may not be read: permission denied`,
      hint: `ls -l ${shellQuote(path)} shows who may`,
    };
  return { message: `the ${what} ${path} cannot be read: ${code ?? String(error)}` };
}

/** {@link explainFileError} for what a command cannot do without. */
export async function unreadFile(error: unknown, path: string, what: string): Promise<InputError> {
  const { message, hint } = await explainFileError(error, path, what);
  return inputError(message, hint);
}

/** Where the name was looked for: people often stand in another folder than they think. */
async function lookedIn(path: string): Promise<string> {
  const folder = dirname(resolve(path));
  const isThere = (await stat(folder).catch(() => null))?.isDirectory() ?? false;
  return isThere ? `${folder} has nothing of that name` : `there is no folder ${folder}`;
}

async function nearName(path: string, what: string): Promise<string | undefined> {
  const entries = await readdir(dirname(path), { withFileTypes: true }).catch(() => []);
  const name = basename(path);
  const near = entries.filter((entry) => didYouMeanHint(name, [entry.name]) !== undefined);
  const meant = await Promise.all(near.map((entry) => mayBe(what, join(dirname(path), entry.name))));
  return didYouMeanHint(
    name,
    near.filter((_, index) => meant[index]).map((entry) => entry.name),
  );
}

/** So much of a file tells whether it is a list. */
const HEAD = 65_536;

/** Whether a file may be what one of that name was taken for: of YAML, playbooks alone are lists. */
export async function mayBe(what: string, path: string): Promise<boolean> {
  try {
    const found = await stat(path);
    if (found.isDirectory()) return what === 'inventory';
    if (what !== 'playbook' && what !== 'inventory') return true;
    if (!found.isFile()) return false;
    await using file = await open(path, 'r');
    const text = (await readUpTo(file, HEAD)).toString('utf8');
    const first = text.split('\n').find((line) => !/^\uFEFF?(?:\s*(?:#.*)?|---\s*)$/.test(line)) ?? '';
    return /^\uFEFF?\s*(?:-\s|\[\s*(?:\{|$))/.test(first) === (what === 'playbook');
  } catch {
    return false;
  }
}

function placeOfBadByte(bytes: Buffer, file: string): Place {
  let line = 1;
  for (let start = 0; start <= bytes.length; line++) {
    const end = bytes.indexOf(0x0a, start);
    const part = bytes.subarray(start, end < 0 ? undefined : end);
    const column = firstBadColumn(part);
    if (column !== null) return { file, line, column };
    if (end < 0) break;
    start = end + 1;
  }
  return { file, line: 1, column: 1 };
}

function firstBadColumn(bytes: Buffer): number | null {
  const text = bytes.toString('utf8');
  if (Buffer.from(text, 'utf8').equals(bytes)) return null;
  // Decoding puts U+FFFD for a bad byte; one that was really written is a good one.
  for (let at = text.indexOf('\ufffd'); at >= 0; at = text.indexOf('\ufffd', at + 1)) {
    const before = Buffer.byteLength(text.slice(0, at), 'utf8');
    if (bytes.toString('latin1', before, before + 3) !== '\u00ef\u00bf\u00bd') return at + 1;
  }
  return null;
}
