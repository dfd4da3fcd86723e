/** A regular expression as a tree. Groups are only there to group: nothing asks what they captured. */
export type RegexNode =
  | { readonly kind: 'char'; readonly test: CharTest }
  | { readonly kind: 'sequence'; readonly items: readonly RegexNode[] }
  | { readonly kind: 'either'; readonly branches: readonly RegexNode[] }
  | { readonly kind: 'repeat'; readonly item: RegexNode; readonly min: number; readonly max: number }
  | { readonly kind: 'at'; readonly test: PositionTest }
  | { readonly kind: 'ahead'; readonly item: RegexNode; readonly negated: boolean };

export type CharTest = (char: string) => boolean;
/** True when the place between two characters passes. */
export type PositionTest = (chars: readonly string[], at: number) => boolean;

/** Where reading stands, and the flags that hold there. */
export interface RegexReader {
  readonly text: string;
  at: number;
  ignoreCase: boolean;
  dotAll: boolean;
  depth: number;
}

/** Thrown within the reader only: parseRegex turns it into an answer. */
export class RegexError extends Error {}

/** A test for one character. */
export function equals(char: string, ignoreCase: boolean): CharTest {
  if (!ignoreCase) return (other) => other === char;
  return (other) => other.toLowerCase() === char.toLowerCase() || other.toUpperCase() === char.toUpperCase();
}
