/** One folder of `src/` as the code map has it. */
export interface Room {
  /** `src/yaml` */
  readonly folder: string;
  /** Computes only: no file, process, socket or terminal. */
  readonly pure: boolean;
}

const ROW = /^\| `(src\/[^`]+)` \| ([^|]*) \|/;

/**
 * The rooms in the order of the table in ARCHITECTURE.md, in which each may import from those above it.
 * @throws where a row does not say `none` or what I/O there is
 */
export function roomsOf(architecture: string): readonly Room[] {
  return architecture.split('\n').flatMap((line) => {
    const [, folder, io] = ROW.exec(line) ?? [];
    if (folder === undefined || io === undefined) return [];
    if (io.trim() === '') throw new Error(`ARCHITECTURE.md does not say what I/O ${folder} has`);
    return [{ folder, pure: io.trim() === 'none' }];
  });
}
