import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';

export interface Run {
  readonly code: number | null;
  readonly wallMs: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface MeasuredRun extends Run {
  /** User and system time of the whole process, start-up included. */
  readonly cpuMs: number;
  /** The largest resident set. */
  readonly peakBytes: number;
}

export type Command = readonly [program: string, ...args: string[]];

const USAGE = join(import.meta.dirname, 'usage.cjs');

/** Runs a program to its end; its input is empty and its output a pipe. */
export async function run([program, ...args]: Command, env: NodeJS.ProcessEnv = {}): Promise<Run> {
  const startedAt = performance.now();
  const child = spawn(program, args, {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const [stdout, stderr, [code]] = await Promise.all([text(child.stdout), text(child.stderr), closed(child)]);
  return { code, wallMs: performance.now() - startedAt, stdout, stderr };
}

/** Runs a script with Node, and has it tell what it used. */
export async function runMeasured(script: string, ...args: string[]): Promise<MeasuredRun> {
  const startedAt = performance.now();
  const child = spawn(process.execPath, ['--require', USAGE, script, ...args], {
    stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
  });
  const [stdout, stderr, usage, [code]] = await Promise.all([
    text(child.stdout as NodeJS.ReadableStream),
    text(child.stderr as NodeJS.ReadableStream),
    text(child.stdio[3] as NodeJS.ReadableStream),
    closed(child),
  ]);
  const { cpuMs, peakBytes } = JSON.parse(usage) as { cpuMs: number; peakBytes: number };
  return { code, wallMs: performance.now() - startedAt, stdout, stderr, cpuMs, peakBytes };
}

/** Runs commands all at once with their output thrown away. @returns the time until the last has ended, in ms */
export async function runTogether(commands: readonly Command[]): Promise<number> {
  const startedAt = performance.now();
  const codes = await Promise.all(
    commands.map(async ([program, ...args]) => {
      const [code] = await closed(spawn(program, args, { stdio: ['ignore', 'ignore', 'inherit'] }));
      return code;
    }),
  );
  if (codes.some((code) => code !== 0)) throw new Error(`the floor failed: exit statuses ${codes.join(' ')}`);
  return performance.now() - startedAt;
}

function closed(child: ChildProcess): Promise<[code: number | null]> {
  return once(child, 'close') as Promise<[number | null]>;
}

/** @throws Error with all that the program said, unless it ended as expected */
export function expectCode(ran: Run, code: number, what: string): void {
  if (ran.code !== code)
    throw new Error(`${what}: exit status ${ran.code}, not ${code}\n${ran.stdout}\n${ran.stderr}`);
}
