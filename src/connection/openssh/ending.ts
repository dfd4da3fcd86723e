import { setTimeout as sleep } from 'node:timers/promises';
import type { ConnectionTarget } from '../connection.ts';
import type { StartProgram } from '../live_programs.ts';
import type { Mux } from './mux.ts';
import { type MuxProgram, startMuxProgram } from './program.ts';

/** How long a program that was given up may keep the next from beginning. */
const OVER_MS = 1_000;

/**
 * Starts programs, each once those that were given up before it are gone: dropbear closes a session that has no
 * command yet when the command of another one ends.
 */
export function startAfterEnding(mux: Mux, target: ConnectionTarget): StartProgram {
  const ending = new Set<Promise<void>>();
  const givenUp = ({ closed }: MuxProgram): void => {
    ending.add(closed);
    void closed.then(() => ending.delete(closed));
  };
  return (command, events, beside) => {
    let over = false;
    let program: MuxProgram | undefined;
    const early: ((started: MuxProgram) => void)[] = [];
    const begin = (): void => {
      if (over) return;
      const failed = (error: Error): void => {
        if (program) givenUp(program);
        events.failed(error);
      };
      program = startMuxProgram(mux, target, command, { ...events, failed }, beside);
      for (const act of early.splice(0)) act(program);
    };
    if (ending.size === 0) begin();
    else void Promise.race([Promise.all(ending), sleep(OVER_MS, undefined, { ref: false })]).then(begin);
    const act = (what: (started: MuxProgram) => void): void => {
      if (program) what(program);
      else early.push(what);
    };
    return {
      write: (data, done) => act((started) => started.write(data, done)),
      end: () => act((started) => started.end()),
      pause: () => act((started) => started.pause()),
      resume: () => act((started) => started.resume()),
      kill: () => {
        over = true;
        if (program) {
          program.kill();
          givenUp(program);
        }
      },
      fail: (error) => {
        over = true;
        if (program) program.fail(error);
        else events.failed(error);
      },
    };
  };
}
