/** SSH's way to write numbers and texts (RFC 4251 §5). */

export function uint32(number: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(number);
  return bytes;
}

/** Any bytes, with their length before them. */
export function lengthed(content: string | Buffer): Buffer {
  const bytes = typeof content === 'string' ? Buffer.from(content, 'utf8') : content;
  return Buffer.concat([uint32(bytes.length), bytes]);
}

/** Reads one field after the other. */
export interface WireReader {
  /** @throws RangeError at the end */
  readonly byte: () => number;
  /** @throws RangeError at the end */
  readonly uint32: () => number;
  /** @throws RangeError when it is shorter than it says */
  readonly lengthed: () => Buffer;
}

export function wireReader(bytes: Buffer): WireReader {
  let at = 0;
  const skip = (count: number): number => {
    if (at + count > bytes.length) throw new RangeError('a packet of SSH ends too early');
    at += count;
    return at - count;
  };
  const number = (): number => bytes.readUInt32BE(skip(4));
  return {
    byte: () => bytes.readUInt8(skip(1)),
    uint32: number,
    lengthed: () => {
      const size = number();
      const start = skip(size);
      return bytes.subarray(start, start + size);
    },
  };
}

/**
 * Cuts a stream into frames that begin with their length, whatever its chunks.
 * @param take gets each frame without its length
 * @returns takes the chunks. Throws RangeError for a frame that is longer than the limit
 */
export function frameReader(limitBytes: number, take: (frame: Buffer) => void): (chunk: Buffer) => void {
  let chunks: Buffer[] = [];
  let length = 0;
  let wanted = 4;
  return (chunk) => {
    chunks.push(chunk);
    length += chunk.length;
    while (length >= wanted) {
      const all = chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks);
      chunks = [all];
      const size = all.readUInt32BE(0);
      if (size > limitBytes) throw new RangeError(`a frame of ${size} bytes is longer than any can be`);
      wanted = 4 + size;
      if (length < wanted) return;
      take(all.subarray(4, wanted));
      chunks = [all.subarray(wanted)];
      length -= wanted;
      wanted = 4;
    }
  };
}
