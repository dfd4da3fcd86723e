import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { frameReader, lengthed, uint32, wireReader } from '../../../src/connection/openssh/wire.ts';

const bytes = fc.uint8Array({ maxLength: 300 }).map((array) => Buffer.from(array));

/** Cuts a stream at these places. */
function cut(stream: Buffer, sizes: readonly number[]): Buffer[] {
  const chunks: Buffer[] = [];
  let left = stream;
  for (const size of sizes) {
    chunks.push(left.subarray(0, size));
    left = left.subarray(size);
  }
  return [...chunks, left];
}

describe('frames', () => {
  it('come whole, however the stream is cut', () => {
    const sizes = fc.array(fc.integer({ min: 0, max: 40 }), { maxLength: 60 });
    fc.assert(
      fc.property(fc.array(bytes), sizes, (frames, chunks) => {
        const seen: string[] = [];
        const take = frameReader(300, (frame) => seen.push(frame.toString('hex')));
        for (const chunk of cut(Buffer.concat(frames.map(lengthed)), chunks)) take(chunk);
        expect(seen).toEqual(frames.map((frame) => frame.toString('hex')));
      }),
    );
  });

  it('longer than any can be are refused before they are gathered', () => {
    const take = frameReader(300, () => {});
    expect(() => take(uint32(301))).toThrow(RangeError);
  });
});

describe('fields', () => {
  it('are read as they were written', () => {
    const fields = fc.array(fc.oneof(fc.nat(), bytes));
    fc.assert(
      fc.property(fields, (list) => {
        const read = wireReader(
          Buffer.concat(list.map((one) => (typeof one === 'number' ? uint32(one) : lengthed(one)))),
        );
        for (const one of list)
          expect(typeof one === 'number' ? read.uint32() : read.lengthed()).toEqual(one);
        expect(read.byte).toThrow(RangeError);
      }),
    );
  });

  it('never reach beyond the packet', () => {
    fc.assert(
      fc.property(bytes, (packet) => {
        const read = wireReader(packet);
        try {
          for (;;) expect(read.lengthed().length).toBeLessThanOrEqual(packet.length);
        } catch (error) {
          expect(error).toBeInstanceOf(RangeError);
        }
      }),
    );
  });
});
