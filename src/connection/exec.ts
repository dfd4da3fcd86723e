import type { ConnectionTarget } from './connection.ts';
import { watchOutput } from './exec_output.ts';
import type { ExecResult } from './session.ts';
import type { ProgramEvents, Transport } from './transport.ts';

/** Runs a command to its end. The deadlines cover starting it, too. @throws as Session.exec */
export async function exec(
  transport: Transport,
  target: ConnectionTarget,
  command: string,
  stdin: string | undefined,
  heard?: (text: string) => void,
): Promise<ExecResult> {
  const withheld = stdin === undefined ? undefined : transport.withholds();
  if (withheld !== undefined) throw withheld;
  return new Promise((resolve, reject) => {
    const output = watchOutput(target, (error) => {
      program.kill();
      reject(error);
    });
    const events: ProgramEvents = {
      stdout: (chunk) => {
        output.stdout(chunk);
        heard?.(chunk.toString('utf8'));
      },
      stderr: output.stderr,
      ended: (code, signal) => {
        output.stop();
        resolve(output.result(code, signal));
      },
      failed: (error) => {
        output.stop();
        reject(error);
      },
    };
    const program = transport.start(command, events, stdin === undefined);
    if (stdin === undefined) return;
    if (stdin !== '') program.write(stdin);
    program.end();
  });
}
