import { APPLY_PROGRAM } from '../libvirt/apply_script.ts';
import { DOCTOR_PROGRAM } from '../libvirt/doctor_script.ts';
import { READ_PROGRAM } from '../libvirt/script.ts';
import { WATCHDOG_PROGRAM } from '../libvirt/watchdog_script.ts';
import { runDoctorProgram } from './doctor_program.ts';
import type { SimHost } from './model.ts';
import { runReadProgram } from './read_program.ts';
import { runApplyProgram } from './shell_programs.ts';
import type { CommandOutput } from './virsh.ts';
import { virsh } from './virsh.ts';
import { runWatchdogProgram } from './watchdog.ts';
import { splitWords } from './words.ts';

/**
 * What the login shell of a simulated host makes of an exec's command line. There is no shell: it knows virtune's
 * programs by their exact text, `virsh`, and a few commands that tests use to say hello.
 */
export async function runCommandLine(host: SimHost, line: string): Promise<CommandOutput> {
  const words = splitWords(line);
  if (words === null) return { stdout: '', stderr: 'sh: 1: Syntax error: not simulated\n', code: 2 };
  const [first, ...rest] = words[0] === 'exec' ? words.slice(1) : words;
  switch (first) {
    case undefined:
    case 'true':
    case ':':
      return { stdout: '', stderr: '', code: 0 };
    case 'false':
      return { stdout: '', stderr: '', code: 1 };
    case 'exit':
      return { stdout: '', stderr: '', code: Number(rest[0] ?? 0) & 255 };
    case 'echo':
      return { stdout: `${rest.join(' ')}\n`, stderr: '', code: 0 };
    case '/bin/sh':
    case 'sh':
      return runProgram(host, rest);
    case 'virsh':
      if (host.knobs.virsh === 'present' && host.knobs.virshWords === 'virsh') return virsh(host, rest);
      break;
    default:
  }
  return { stdout: '', stderr: `sh: 1: ${first}: not found\n`, code: 127 };
}

function runProgram(
  host: SimHost,
  [option, program = '', name = '', ...args]: readonly string[],
): Promise<CommandOutput> {
  if (option === '-c' && program === READ_PROGRAM) return runReadProgram(host, name, args);
  if (option === '-c' && program === DOCTOR_PROGRAM) return runDoctorProgram(host, name, args);
  if (option === '-c' && program === APPLY_PROGRAM) return runApplyProgram(host, name, args);
  if (option === '-c' && program === WATCHDOG_PROGRAM) return runWatchdogProgram(host, args);
  // Another program: only what this shell could do as a command line of its own.
  if (option === '-c' && splitWords(program) !== null) return runCommandLine(host, program);
  return Promise.resolve({ stdout: '', stderr: 'sh: 1: Syntax error: not simulated\n', code: 2 });
}
