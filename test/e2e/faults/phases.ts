/**
 * The phases of a virtune connection, told apart from outside. What is inside the packets cannot be read once the keys
 * are exchanged, but with AES-GCM their lengths can (RFC 5647 section 7.3), and the client's only long packets are the
 * two programs: the one that reads and the one that writes.
 */
export const PHASES = ['banner', 'kex', 'login', 'read', 'answer', 'write', 'outcome'] as const;

/**
 * - banner: the two lines with the versions
 * - kex: in the clear, up to the new keys
 * - login: from there to the first program: service, keys, the channel
 * - read: the first program on its way
 * - answer: what the host says to it
 * - write: the second program on its way
 * - outcome: what the host says to that, and the farewell
 */
export type Phase = (typeof PHASES)[number];

/** `up` from virtune to the host, `down` from the host. */
export type Direction = 'up' | 'down';

/** Bytes of one phase, in the order in which they came. */
export interface Part {
  readonly phase: Phase;
  readonly bytes: Buffer;
}

/** The command lines are longer than all that the client sends to log in. */
const LONG_PACKET = 900;

const NEW_KEYS = 21;
const GCM_TAG = 16;

/** Watches one connection. Both directions must be given to it, since the client's programs begin the later phases. */
export function watchPhases(): (direction: Direction, chunk: Buffer) => Part[] {
  let inside: Phase = 'login';
  const up = packets((length) => {
    if (length > LONG_PACKET) inside = inside === 'login' ? 'read' : 'write';
    return () => {
      if (inside === 'read') inside = 'answer';
      if (inside === 'write') inside = 'outcome';
    };
  });
  const down = packets(() => () => {});
  return (direction, chunk) => (direction === 'up' ? up : down)(chunk, () => inside);
}

/** @param begin hears the length of each encrypted packet before its bytes are given out; its result, the end of them */
function packets(begin: (length: number) => () => void) {
  let stage: 'banner' | 'kex' | 'inside' = 'banner';
  let head: number[] = [];
  let left = 0;
  let end = () => {};

  const readHead = (): void => {
    const length = Buffer.from(head).readUInt32BE(0);
    left = length - 2 + (stage === 'inside' ? GCM_TAG : 0);
    if (stage === 'inside') end = begin(length);
  };

  return (chunk: Buffer, inside: () => Phase): Part[] => {
    const parts: Part[] = [];
    const give = (phase: Phase, bytes: Buffer): void => {
      const last = parts.at(-1);
      if (last?.phase === phase)
        parts[parts.length - 1] = { phase, bytes: Buffer.concat([last.bytes, bytes]) };
      else if (bytes.length > 0) parts.push({ phase, bytes });
    };
    let at = 0;
    while (at < chunk.length) {
      if (stage === 'banner') {
        const line = chunk.indexOf('\n', at);
        const stop = line < 0 ? chunk.length : line + 1;
        give('banner', chunk.subarray(at, stop));
        if (line >= 0) stage = 'kex';
        at = stop;
      } else if (left === 0) {
        // The length, the padding's length and the message's number: six bytes, of which two count as content.
        const from = at;
        while (head.length < 6 && at < chunk.length) head.push(chunk[at++] as number);
        if (head.length === 6) readHead();
        give(stage === 'kex' ? 'kex' : inside(), chunk.subarray(from, at));
      } else {
        const taken = Math.min(left, chunk.length - at);
        give(stage === 'kex' ? 'kex' : inside(), chunk.subarray(at, at + taken));
        at += taken;
        left -= taken;
      }
      if (left === 0 && head.length === 6) {
        if (stage === 'kex' && head[5] === NEW_KEYS) stage = 'inside';
        else if (stage === 'inside') end();
        head = [];
      }
    }
    return parts;
  };
}
