import { readFileSync } from 'node:fs';
import type { ProcessId } from './entry.ts';

/** This process. */
export function thisProcess(): ProcessId {
  return { pid: process.pid, started: startOf('self') };
}

/** Whether a process of this machine goes on; a later one with its number is another. */
export function isRunning({ pid, started }: ProcessId): boolean {
  if (started !== null) return startOf(String(pid)) === started;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** Field 22 of /proc/PID/stat (proc_pid_stat(5)); the second one is a name, which may hold anything. */
function startOf(pid: string): string | null {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'latin1');
    return text.slice(text.lastIndexOf(')') + 2).split(' ')[19] ?? null;
  } catch {
    return null;
  }
}
