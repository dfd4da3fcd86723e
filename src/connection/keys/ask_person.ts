import { execFile } from 'node:child_process';
import { closeSync, openSync, writeSync } from 'node:fs';
import { ReadStream } from 'node:tty';
import pLimit from 'p-limit';
import stringWidth from 'string-width';
import { ciVariable } from '../../base/ci.ts';
import { askOnScreen, isLive } from '../../base/screen.ts';
import { printable } from '../../base/text.ts';

/** What a person is asked with; what tests replace. */
export interface AskOutside {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly terminal: () => number | null;
}

const OUTSIDE: AskOutside = { env: process.env, terminal: openTerminal };

/** One question at a time, however many hosts and runs have one: the terminal is the process's. */
const turn = pLimit(1);

/**
 * Asks the person at the terminal for a secret, which is not shown, or runs SSH_ASKPASS where ssh would. In CI there is
 * nobody, even if there is a terminal or a display.
 * @returns null when there is nobody to ask, or no answer
 */
export function askSecret(prompt: string, outside: AskOutside = OUTSIDE): Promise<string | null> {
  return turn(async () => {
    const { SSH_ASKPASS: program, SSH_ASKPASS_REQUIRE: require, DISPLAY, WAYLAND_DISPLAY } = outside.env;
    const wanted = require === 'force' || require === 'prefer';
    if (program && wanted) return runAskpass(program, prompt);
    if (ciVariable(outside.env) !== null) return null;
    const fd = outside.terminal();
    if (fd !== null) return askOnScreen(() => readLine(fd, prompt, false));
    const graphical = Boolean(DISPLAY || WAYLAND_DISPLAY) && require !== 'never';
    return program && graphical ? runAskpass(program, prompt) : null;
  });
}

/**
 * Asks the person at the terminal something that may be seen.
 * @returns null when there is nobody to ask, or no answer
 */
export function askOpenly(prompt: string, outside: AskOutside = OUTSIDE): Promise<string | null> {
  return turn(async () => {
    if (ciVariable(outside.env) !== null) return null;
    const fd = outside.terminal();
    return fd === null ? null : askOnScreen(() => readLine(fd, prompt, true));
  });
}

/** Whether somebody sits at a terminal. */
export function hasTerminal(): boolean {
  const fd = openTerminal();
  if (fd !== null) closeSync(fd);
  return fd !== null;
}

function openTerminal(): number | null {
  try {
    return openSync('/dev/tty', 'r+');
  } catch {
    return null;
  }
}

function runAskpass(program: string, prompt: string): Promise<string | null> {
  return new Promise((resolve) => {
    execFile(program, [prompt], (error, stdout) =>
      resolve(error ? null : stdout.replace(/\r?\n[\s\S]*$/, '')),
    );
  });
}

function readLine(fd: number, prompt: string, shown: boolean): Promise<string | null> {
  return new Promise((resolve) => {
    const terminal = new ReadStream(fd);
    terminal.setRawMode(true);
    // To the terminal itself: standard error may be a file.
    writeSync(fd, prompt);
    let text = '';
    const end = (answer: string | null): void => {
      terminal.setRawMode(false);
      // A live view goes on from the line that the question stood on.
      writeSync(fd, isLive() ? backTo(prompt + (shown ? text : ''), process.stdout.columns || 80) : '\n');
      terminal.destroy();
      resolve(answer);
    };
    terminal.on('error', () => resolve(null));
    terminal.on('data', (chunk: Buffer) => {
      for (const char of chunk.toString('utf8')) {
        if (char === '\r' || char === '\n') return end(text);
        if (char === '\u0003') return interrupt(() => end(null));
        if (char === '\u0004') return end(null);
        const before = text;
        if (char === '\u007f' || char === '\b') text = text.slice(0, -1);
        else if (char === '\u0015') text = '';
        else text += char;
        if (shown) writeSync(fd, echo(before, text));
      }
    });
  });
}

/** Takes a text away, and puts the cursor where it began, however many rows of the terminal it takes. */
export function backTo(text: string, columns: number): string {
  const rows = Math.max(1, Math.ceil(stringWidth(text) / columns));
  return `\r${rows > 1 ? `\u001b[${rows - 1}A` : ''}\u001b[J`;
}

/** What a terminal in raw mode shows of a letter more, or of letters taken back. */
function echo(before: string, text: string): string {
  if (text.length > before.length) return printable(text.slice(before.length));
  return '\b \b'.repeat(before.length - text.length);
}

/**
 * Raw mode keeps Ctrl-C from being a signal: it is one all the same. Who listens for it hears of it before the question
 * is over, so that no host begins in between; with no listener it ends the process.
 */
function interrupt(then: () => void): void {
  if (process.listenerCount('SIGINT') === 0) then();
  // First of all: it may end the process, and the terminal is to be left as it was.
  else process.prependOnceListener('SIGINT', then);
  process.kill(process.pid, 'SIGINT');
}
