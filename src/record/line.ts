import { createHash } from 'node:crypto';

/**
 * A line is a JSON object that begins with its hash: `{"hash":"<64 hexadecimal digits>","type":"intent",…}`. The hash
 * is SHA-256 of the hash of the line before it, a line break, and the object without the hash, as it stands.
 */
const HEAD = /^\{"hash":"([0-9a-f]{64})",/;
const HEAD_BYTES = '{"hash":"",'.length + 64;
const TYPE = /^"type":"([a-z]+)"/;

/** What the first line of a run's file follows: another for each run, so that files cannot be exchanged. */
export function seedOf(run: string): string {
  return sha256(`virtune.record ${run}`);
}

/** An entry as the line after the one with this hash, with its line break. */
export function sealed(previous: string, entry: object): { readonly line: string; readonly hash: string } {
  const body = JSON.stringify(entry);
  const hash = sha256(previous, '\n', body);
  return { line: `{"hash":"${hash}",${body.slice(1)}\n`, hash };
}

/** A line that says what its hash says. */
export interface Opened {
  readonly hash: string;
  readonly type: string;
}

/** @param line without its line break. @returns null for what is not the line after the one with this hash */
export function opened(previous: string, line: Uint8Array): Opened | null {
  const hash = hashOf(line);
  if (hash === null) return null;
  const body = line.subarray(HEAD_BYTES);
  if (sha256(previous, '\n', '{', body) !== hash) return null;
  const [, type = ''] = TYPE.exec(Buffer.from(body.subarray(0, 40)).toString('latin1')) ?? [];
  return { hash, type };
}

/** The hash that a line says it has; null where it says none. */
export function hashOf(line: Uint8Array): string | null {
  return HEAD.exec(Buffer.from(line.subarray(0, HEAD_BYTES)).toString('latin1'))?.[1] ?? null;
}

function sha256(...parts: readonly (string | Uint8Array)[]): string {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest('hex');
}
