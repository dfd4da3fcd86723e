import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MAIN, type Started, start, type Written } from '../lab.ts';

/** A watch as users run it, and what it says. */
export interface Watching {
  readonly started: Started;
  readonly said: () => string;
  /** Waits for something, however long that takes; what never comes is an error with all that was said. */
  readonly until: (what: () => Promise<boolean> | boolean) => Promise<void>;
  /** What it holds: bytes, the heap after garbage was collected, and open files. */
  readonly sample: () => Promise<Sample>;
  readonly stop: () => Promise<void>;
}

export interface Sample {
  readonly rss: number;
  readonly heap: number;
  readonly files: number;
}

const HEAP = join(import.meta.dirname, 'heap.cjs');

export function startWatch({ playbook, inventory }: Written, ...options: string[]): Watching {
  const state = mkdtempSync(join(tmpdir(), 'virtune-watch-'));
  const heap = join(state, 'heap.json');
  const args = [
    '--require',
    HEAP,
    MAIN,
    'watch',
    playbook,
    ...inventory,
    '--state-dir',
    join(state, 'state'),
  ];
  const started = start(process.execPath, [...args, ...options], { VIRTUNE_TEST_HEAP: heap });
  let said = '';
  for (const stream of [started.child.stdout, started.child.stderr])
    stream?.on('data', (text: string) => {
      said += text;
    });
  const until: Watching['until'] = async (what) => {
    const patience = Date.now() + 300_000;
    while (!(await what())) {
      if (Date.now() > patience) throw new Error(`it never came: ${what}\n${said.slice(-20_000)}`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  };
  return {
    started,
    said: () => said,
    until,
    sample: async () => {
      rmSync(heap, { force: true });
      process.kill(started.child.pid ?? 0, 'SIGUSR2');
      let used = { heapUsed: 0 };
      await until(() => {
        try {
          used = JSON.parse(readFileSync(heap, 'utf8')) as typeof used;
          return true;
        } catch {
          return false;
        }
      });
      const proc = `/proc/${started.child.pid}`;
      const [, rss = ''] = /VmRSS:\s+(\d+)/.exec(readFileSync(`${proc}/status`, 'utf8')) ?? [];
      return { rss: Number(rss) * 1024, heap: used.heapUsed, files: readdirSync(`${proc}/fd`).length };
    },
    stop: async () => {
      await started.signal('SIGKILL');
      await started.ended.catch(() => {});
      rmSync(state, { recursive: true, force: true });
    },
  };
}
