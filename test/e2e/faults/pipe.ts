import type { Socket } from 'node:net';
import type { Harm } from './fault.ts';

/** One direction of a connection. */
export interface Pipe {
  readonly pass: (bytes: Buffer) => void;
  /** Harms the connection at the first of these bytes, which are not passed yet. */
  readonly harm: (harm: Harm, rest: Buffer) => void;
}

/** Hands on what the caller gives it, and the end of the stream; SSH's few kilobytes need no back pressure. */
export function pipe(from: Socket, to: Socket, cut: (how: 'fin' | 'rst') => void): Pipe {
  let dead = false;
  /** What waits for a delay to be over; null when nothing does. */
  let held: (() => void)[] | null = null;
  const later = (action: () => void): void => {
    if (dead) return;
    if (held === null) action();
    else held.push(action);
  };
  const pass = (bytes: Buffer): void => {
    if (bytes.length > 0) later(() => void (to.writable && to.write(bytes)));
  };
  from.on('end', () => later(() => void (to.writable && to.end())));
  from.on('error', () => later(() => to.destroy()));
  from.on('close', () => later(() => void (to.writable && to.end())));

  const harm = (how: Harm, rest: Buffer): void => {
    switch (how.kind) {
      case 'cut':
        cut(how.how);
        dead = true;
        return;
      case 'stall':
        dead = true;
        return;
      case 'delay':
        held = [() => void (to.writable && to.write(rest))];
        setTimeout(() => {
          const waiting = held ?? [];
          held = null;
          for (const action of waiting) later(action);
        }, how.ms).unref();
        return;
      case 'flip':
        pass(Buffer.concat([Buffer.of((rest[0] ?? 0) ^ how.mask), rest.subarray(1)]));
        return;
      case 'drop':
        pass(rest.subarray(how.count));
        return;
      case 'duplicate':
        pass(Buffer.concat([rest.subarray(0, how.count), rest]));
        return;
      case 'insert':
        pass(Buffer.concat([Buffer.from(how.bytes), rest]));
        return;
    }
  };
  return { pass, harm };
}
