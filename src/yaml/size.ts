export interface TooMuch {
  /** Offset in the text. */
  readonly at: number;
  readonly message: string;
  readonly hint?: string;
}

/** An inventory of 10,000 hosts with ten variables each, written out, has 110,000 lines. */
const MAX_LINES = 250_000;
/** What separates and opens values between brackets. */
const MAX_MARKS = 500_000;
const MAX_LINE = 1024 * 1024;

const [LINE_FEED, COMMA, BRACKET, BRACE] = [0x0a, 0x2c, 0x5b, 0x7b];

/**
 * Whether a text is larger than YAML should be, told by one look at its characters, since the parser costs a hundred
 * times that. JSON is read by another reader, and may be larger.
 */
export function tooMuchYaml(text: string): TooMuch | null {
  let lines = 1;
  let marks = 0;
  let lineStart = 0;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === LINE_FEED) {
      lines++;
      lineStart = at + 1;
    } else if (code === COMMA || code === BRACKET || code === BRACE) marks++;
    if (lines > MAX_LINES)
      return { at, message: `the file is too large: more than ${MAX_LINES} lines`, hint: SPLIT };
    if (marks > MAX_MARKS)
      return { at, message: 'the file is too large: too many values in brackets', hint: SPLIT };
    if (at - lineStart > MAX_LINE) {
      const hint = 'if the file is meant to be JSON, it is not quite';
      return { at: lineStart, message: 'a line is longer than 1 MiB', hint };
    }
  }
  return null;
}

const SPLIT = 'split it';
