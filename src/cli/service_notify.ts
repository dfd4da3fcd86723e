import { execFile } from 'node:child_process';

/** Tells systemd how a service of `Type=notify` is (sd_notify(3)), by its own program; elsewhere it does nothing. */
export function serviceNotifier(env: NodeJS.ProcessEnv): {
  readonly ready: () => void;
  readonly reloading: () => void;
  readonly stopping: () => void;
  readonly close: () => void;
} {
  if (!env.NOTIFY_SOCKET) return { ready: nothing, reloading: nothing, stopping: nothing, close: nothing };
  const tell = (...words: readonly string[]): void => {
    // Whatever becomes of it: without readiness systemd says so itself.
    execFile('systemd-notify', [...words], () => {});
  };
  const everyMs = Number(env.WATCHDOG_USEC ?? 0) / 1000 / 2;
  const watchdog = everyMs > 0 ? setInterval(() => tell('WATCHDOG=1'), everyMs) : undefined;
  return {
    ready: () => tell('--ready'),
    reloading: () => tell('--reloading'),
    stopping: () => tell('--stopping'),
    close: () => clearInterval(watchdog),
  };
}

function nothing(): void {}
