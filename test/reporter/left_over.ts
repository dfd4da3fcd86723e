import { readdirSync, readFileSync } from 'node:fs';

/** The variable that every process of a test run inherits, daemons included. */
export const MARK = 'VIRTUNE_TEST_RUN';

export interface Process {
  readonly pid: number;
  readonly words: string;
}

/** Processes that a test run has started and that are still there, this one and those that it waits for left out. */
export function leftOver(mark: string, own = process.pid): readonly Process[] {
  return pids().flatMap((pid) => {
    const environment = read(`/proc/${pid}/environ`);
    if (pid === own || !environment.split('\0').includes(`${MARK}=${mark}`)) return [];
    const words = read(`/proc/${pid}/cmdline`).replaceAll('\0', ' ').trim();
    // A zombie has none, and workers of vitest and esbuild end with it.
    const isWorker = parentOf(pid) === own && /vitest|esbuild/.test(words);
    return words === '' || isWorker ? [] : [{ pid, words }];
  });
}

function pids(): readonly number[] {
  try {
    return readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .map(Number);
  } catch {
    // Elsewhere than on Linux nobody tells.
    return [];
  }
}

function parentOf(pid: number): number {
  return Number(/^PPid:\s*(\d+)/m.exec(read(`/proc/${pid}/status`))?.[1] ?? 0);
}

/** '' for one that has ended meanwhile, or is another user's. */
function read(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
