import { ConnectionError } from '../connection/connection.ts';

/** Whether a host was not asked, since its server takes no command line of such a length. */
export function isTooLong(error: unknown): boolean {
  return error instanceof ConnectionError && error.code === 'line_too_long';
}

/**
 * Does something for parts, one after the other: where a host takes no line of such a length, for halves of a part.
 * @throws whatever `run` does, for a part that is no more than one
 */
export async function inParts<T>(
  parts: readonly (readonly T[])[],
  run: (part: readonly T[]) => Promise<void>,
): Promise<void> {
  const left = [...parts];
  for (let part = left.shift(); part !== undefined; part = left.shift())
    try {
      await run(part);
    } catch (error) {
      if (!isTooLong(error) || part.length < 2) throw error;
      const half = Math.ceil(part.length / 2);
      left.unshift(part.slice(0, half), part.slice(half));
    }
}
