/** A section of the framed standard output: what follows `MARKER:name`. */
export interface Section {
  readonly name: string;
  readonly body: string;
}

/** Splits an answer at its marks; what comes before its beginning is dropped. */
export function splitSections(marker: string, stdout: string): Section[] {
  const start = stdout.indexOf(`${marker}:begin`);
  if (start < 0) return [];
  return `\n${stdout.slice(start)}`
    .split(`\n${marker}:`)
    .slice(1)
    .map((part) => {
      const end = part.indexOf('\n');
      return end < 0 ? { name: part, body: '' } : { name: part.slice(0, end), body: part.slice(end + 1) };
    });
}
