import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { request } from 'node:http';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Build } from './build.ts';

/** A watch, or a service with one, in a process of its own, which is measured from outside. */
export interface WatchProcess {
  /** All that it has said so far. */
  readonly said: () => string;
  /** User and system time so far. */
  readonly cpuMs: () => Promise<number>;
  /** The resident set now, and the largest one. */
  readonly memory: () => Promise<{ readonly bytes: number; readonly peakBytes: number }>;
  /** The sum of a metric over its labels; 0 where there is none. */
  readonly metric: (name: string) => Promise<number>;
  /** @throws Error with all that it said, if it never comes */
  readonly until: (what: () => Promise<boolean> | boolean) => Promise<void>;
  readonly reload: () => void;
  readonly stop: () => Promise<void>;
}

/** Linux counts CPU time in these. */
const TICK_MS = 10;

export function startWatch(build: Build, dir: string, ...args: string[]): WatchProcess {
  return startService(build, dir, ['watch', ...args]);
}

/** @param words the command with what it is given, `watch` or `serve` */
export function startService(
  build: Build,
  dir: string,
  words: readonly string[],
  env: NodeJS.ProcessEnv = {},
): WatchProcess {
  const socket = join(dir, 'watch.sock');
  const options = ['--metrics', `unix:${socket}`, '--interval', '86400', '--state-dir', join(dir, 'watched')];
  const child = spawn(process.execPath, [build.virtune, ...words, ...options], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const ended = once(child, 'close');
  let said = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (more: string) => {
      said += more;
    });
  const proc = (name: string): Promise<string> => readFile(`/proc/${child.pid}/${name}`, 'latin1');
  return {
    said: () => said,
    cpuMs: async () => {
      const [user = 0, system = 0] =
        (await proc('stat')).split(') ')[1]?.split(' ').slice(11, 13).map(Number) ?? [];
      return (user + system) * TICK_MS;
    },
    memory: async () => {
      const status = await proc('status');
      const of = (name: string): number => Number(new RegExp(`${name}:\\s+(\\d+)`).exec(status)?.[1]) * 1024;
      return { bytes: of('VmRSS'), peakBytes: of('VmHWM') };
    },
    metric: async (name) => {
      const lines = (await metricsAt(socket)).matchAll(new RegExp(`^${name}(?:\\{[^}]*\\})? (\\S+)$`, 'gm'));
      return [...lines].reduce((sum, [, value]) => sum + Number(value), 0);
    },
    until: async (what) => {
      const patience = Date.now() + 900_000;
      while (!(await what())) {
        if (child.exitCode !== null || Date.now() > patience)
          throw new Error(`it never came: ${what}\n${said.slice(-5_000)}`);
        await sleep(100);
      }
    },
    reload: () => void child.kill('SIGHUP'),
    stop: async () => {
      child.kill('SIGTERM');
      await ended;
    },
  };
}

/** '' while nobody listens. */
async function metricsAt(socketPath: string): Promise<string> {
  const asked = request({ socketPath, path: '/metrics' }).end();
  try {
    const [response] = (await once(asked, 'response')) as [NodeJS.ReadableStream];
    return await text(response);
  } catch {
    return '';
  }
}
