import { LINE_LIMIT, type Line } from './session.ts';

/** Cuts a stream into lines. */
export interface LineSplitter {
  readonly push: (chunk: Buffer) => void;
  /** The stream ended: a last line may lack its line end. */
  readonly flush: () => void;
}

const NEWLINE = 0x0a;

/** Never holds more than one line of the limit, whatever comes. @param take gets each line in order */
export function lineSplitter(take: (line: Line) => void, limitBytes = LINE_LIMIT): LineSplitter {
  let pieces: Buffer[] = [];
  let held = 0;
  let cut = false;
  const keep = (piece: Buffer): void => {
    const rest = limitBytes - held;
    cut ||= piece.length > rest;
    if (rest === 0 || piece.length === 0) return;
    // A copy where only a part is kept, so that the whole chunk need not stay.
    pieces.push(piece.length > rest ? Buffer.from(piece.subarray(0, rest)) : piece);
    held += Math.min(piece.length, rest);
  };
  const give = (): void => {
    const line = { text: Buffer.concat(pieces).toString('utf8'), cut };
    [pieces, held, cut] = [[], 0, false];
    take(line);
  };
  return {
    push: (chunk) => {
      let start = 0;
      for (let end = chunk.indexOf(NEWLINE); end >= 0; end = chunk.indexOf(NEWLINE, start)) {
        keep(chunk.subarray(start, end));
        give();
        start = end + 1;
      }
      keep(chunk.subarray(start));
    },
    flush: () => {
      if (held > 0) give();
    },
  };
}
