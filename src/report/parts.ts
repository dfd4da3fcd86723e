/** Lines that belong together. */
export interface Part {
  readonly lines: readonly string[];
  /** The first line says enough: where a log has folds, the others may be closed below it. */
  readonly foldable?: boolean;
}

/** Where a log has folds, what opens and closes one. */
export interface Folds {
  readonly begin: (title: string) => void;
  readonly end: () => void;
}

/** So many lines are seen at a glance, and not worth a fold. */
const SHORT = 4;

/** All lines, one after the other. */
export function linesOf(parts: readonly Part[]): readonly string[] {
  return parts.flatMap(({ lines }) => lines);
}

/** Writes lines, the long parts of them in folds. */
export function writeParts(parts: readonly Part[], write: (text: string) => void, folds?: Folds): void {
  for (const { lines, foldable } of parts) {
    const [title, ...rest] = lines;
    if (title === undefined) continue;
    if (folds === undefined || !foldable || lines.length <= SHORT) write(`${lines.join('\n')}\n`);
    else {
      folds.begin(title);
      write(`${rest.join('\n')}\n`);
      folds.end();
    }
  }
}
