/** What a text says: of the list that was looked for, each item as it was taken; null where there is no such list. */
export interface InPieces<T> {
  /** The whole, with that list empty. */
  readonly rest: unknown;
  readonly items: readonly T[] | null;
}

const [BACKSLASH, QUOTE, COLON, COMMA, SPACE] = [0x5c, 0x22, 0x3a, 0x2c, 0x20];
const LIST = { opens: 0x5b, closes: 0x5d };
const OBJECT = { opens: 0x7b, closes: 0x7d };

export interface PieceReader<T> {
  /** The next bytes of the text. @throws SyntaxError for what is no JSON */
  add(piece: Uint8Array): void;
  /** Once, after the last piece. @throws SyntaxError for what is no JSON */
  end(): InPieces<T>;
}

/**
 * Reads a large JSON text in pieces: what is in one list of its outermost object is parsed item by item, so that neither
 * the text nor all that it says is in memory at once (V8 takes no text of more than 512 MB). This only cuts; each item
 * and the rest are for JSON.parse. The streaming parsers of npm build values themselves: a name `__proto__` then sets a
 * prototype, or is a crash.
 * @param name of the list, in the outermost object
 * @param take hears of each item as soon as it is read
 */
export function pieceReader<T>(name: string, take: (value: unknown, index: number) => T): PieceReader<T> {
  const wanted = JSON.stringify(name);
  const [rest, item] = [gather(), gather()];
  let items: T[] | null = null;
  const takeItem = (list: T[]) => list.push(take(JSON.parse(item.take()), list.length));
  let [depth, inString, escaped] = [0, false, false];
  /** In the outermost object: the text of its last name, and whether the colon after it was the last thing there. */
  let [word, named] = ['', false];
  let list: T[] | null = null;
  const add = (piece: Uint8Array): void => {
    let from = 0;
    const cut = (to: number, whole: Gathered) => {
      whole.add(piece.subarray(from, to));
      from = to;
    };
    for (let at = 0; at < piece.length; at++) {
      const byte = piece[at] as number;
      if (inString) {
        if (depth === 1) word += String.fromCharCode(byte);
        if (escaped) escaped = false;
        else if (byte === BACKSLASH) escaped = true;
        else inString = byte !== QUOTE;
      } else if (byte === QUOTE) {
        inString = true;
        if (depth === 1) [word, named] = ['"', false];
      } else if (byte === LIST.opens || byte === OBJECT.opens) {
        depth += 1;
        if (depth === 2 && byte === LIST.opens && named && word === wanted) {
          cut(at + 1, rest);
          items = list = [];
        }
      } else if (byte === LIST.closes || byte === OBJECT.closes) {
        depth -= 1;
        if (list === null || depth > 1) continue;
        cut(at, item);
        if (list.length > 0 || !item.isBlank()) takeItem(list);
        item.take();
        list = null;
      } else if (list !== null && depth === 2 && byte === COMMA) {
        cut(at, item);
        from = at + 1;
        takeItem(list);
      } else if (depth === 1 && byte > SPACE) named = byte === COLON;
    }
    cut(piece.length, list === null ? rest : item);
  };
  // A list without its end is a rest without its end.
  return { add, end: () => ({ rest: JSON.parse(rest.take()), items }) };
}

interface Gathered {
  add(bytes: Uint8Array): void;
  isBlank(): boolean;
  /** All that was added since it was last taken. */
  take(): string;
}

function gather(): Gathered {
  let parts: Uint8Array[] = [];
  const whole = () => Buffer.concat(parts).toString('utf8');
  return {
    add: (bytes) => void parts.push(bytes),
    isBlank: () => whole().trim() === '',
    take: () => {
      const text = whole();
      parts = [];
      return text;
    },
  };
}
