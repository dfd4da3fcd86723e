/**
 * A server of SSH need not take more in one request than 32,768 bytes (RFC 4253 §6.1), and some end the connection then.
 * The rest is for the program, which takes up to 9,000 of them, and for what becoming another user quotes.
 */
const MOST_CHARACTERS = 20_000;

/**
 * Parts of what is sent to a host, in its order, each short enough for one command line. What is too long alone is a part
 * of its own.
 * @param lengthOf the characters that one takes in a command line
 * @param always what each line has besides
 */
export function lineParts<T>(
  all: readonly T[],
  lengthOf: (one: T) => number,
  always = 0,
): readonly (readonly T[])[] {
  const parts: T[][] = [];
  let left = 0;
  for (const one of all) {
    const length = lengthOf(one);
    if (parts.length === 0 || length > left) {
      parts.push([]);
      left = MOST_CHARACTERS - always;
    }
    parts.at(-1)?.push(one);
    left -= length;
  }
  return parts;
}
