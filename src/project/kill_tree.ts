import { readFileSync } from 'node:fs';

/**
 * Ends a program and all that it has started, as far as the system tells (Linux does): what it waits for would go on
 * without it. It is no process group of its own, so that Ctrl-C reaches it and it may ask at the terminal.
 */
export function killTree(pid: number): void {
  const children = childrenOf(pid);
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended by itself.
  }
  for (const child of children) killTree(child);
}

function childrenOf(pid: number): readonly number[] {
  try {
    const text = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8');
    return text.split(' ').filter(Boolean).map(Number);
  } catch {
    return [];
  }
}
