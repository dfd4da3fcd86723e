import type { Entry } from './entry.ts';
import { opened, seedOf } from './line.ts';

/** A line that can be believed, with all before it. */
export interface Link {
  readonly kind: 'link';
  /** From 1. */
  readonly line: number;
  readonly hash: string;
  readonly type: string;
  readonly bytes: Buffer;
}

/** What ends the part of a file that can be believed. */
export interface Fault {
  /**
   * - torn: the last line has no end: its writer was killed, or is still writing
   * - broken: the line is not the one that was written after the lines before it
   */
  readonly kind: 'torn' | 'broken';
  readonly line: number;
  readonly text: string;
  /** Of a torn line. */
  readonly bytes: number;
}

/** The lines of a run's file in order, as far as they can be believed; a fault is the last. */
export async function* readChain(
  run: string,
  chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
): AsyncGenerator<Link | Fault> {
  let previous = seedOf(run);
  let line = 0;
  for await (const { bytes, whole } of linesOf(chunks)) {
    line++;
    if (!whole) {
      yield { kind: 'torn', line, text: 'the last line is not whole', bytes: bytes.length };
      return;
    }
    const found = opened(previous, bytes);
    if (found === null) {
      const text =
        line === 1
          ? 'the first line is not that of this run'
          : `the line is not the one that was written after line ${line - 1}`;
      yield { kind: 'broken', line, text, bytes: 0 };
      return;
    }
    previous = found.hash;
    yield { kind: 'link', line, ...found, bytes };
  }
}

/** What stands in a line. Its hash was right, so that it is JSON. */
export function entryOf<T extends Entry = Entry>({ bytes }: Pick<Link, 'bytes'>): T {
  return JSON.parse(bytes.toString('utf8')) as T;
}

async function* linesOf(
  chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
): AsyncGenerator<{ readonly bytes: Buffer; readonly whole: boolean }> {
  let rest: Buffer[] = [];
  for await (const chunk of chunks) {
    const buffer = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    let from = 0;
    for (let to = buffer.indexOf(10); to >= 0; to = buffer.indexOf(10, from)) {
      yield { bytes: Buffer.concat([...rest, buffer.subarray(from, to)]), whole: true };
      rest = [];
      from = to + 1;
    }
    if (from < buffer.length) rest.push(buffer.subarray(from));
  }
  const bytes = Buffer.concat(rest);
  if (bytes.length > 0) yield { bytes, whole: false };
}
