import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { shellQuote } from '../../../src/base/quote.ts';
import { MAIN, NOT_IN_CI } from '../lab.ts';

export interface InTerminal {
  /** All that the terminal was sent so far. */
  readonly shown: () => string;
  readonly type: (text: string) => void;
  /** The terminal's other end goes: what is there is hung up, as by a lost SSH session. */
  readonly hangUp: () => void;
  /** The program's exit status, from 128 for a signal. */
  readonly ended: Promise<number>;
}

/**
 * Starts virtune in a terminal of its own (that of util-linux's `script`).
 * @param how `session`: the kernel sends SIGHUP when the terminal goes. `writes`: it is told by failing writes alone,
 * as in a session of its own
 */
export function startInTerminal(
  args: readonly string[],
  how: 'session' | 'writes' = 'session',
  cwd = tmpdir(),
): InTerminal {
  const status = join(mkdtempSync(join(tmpdir(), 'virtune-tty-')), 'status');
  const program = [process.execPath, MAIN, ...args].map(shellQuote).join(' ');
  // As a login shell does, it passes the hang-up on and waits.
  const [own, pass] = how === 'writes' ? ['setsid -w ', ''] : ['', '; kill -HUP $p'];
  const body = `exec 3<&0; ${own}${program} <&3 & p=$!; trap "h=1${pass}" HUP;
    wait $p; s=$?; if [ "$h" ]; then wait $p; s=$?; fi; echo $s >${status}`;
  const env = { ...process.env, ...NOT_IN_CI, TERM: 'xterm', NO_COLOR: '1' };
  const child = spawn('script', ['-qfc', `exec sh -c ${shellQuote(body)}`, '/dev/null'], { env, cwd });
  let shown = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    shown += text;
  });
  child.stdin.on('error', () => {});
  const read = () => (existsSync(status) ? readFileSync(status, 'utf8') : '');
  const ended = (async () => {
    while (!read().endsWith('\n')) await sleep(20);
    child.kill('SIGKILL');
    return Number(read());
  })();
  return {
    shown: () => shown,
    type: (text) => void child.stdin.write(text),
    hangUp: () => void child.kill('SIGKILL'),
    ended,
  };
}
