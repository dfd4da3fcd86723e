import { sshAsker } from '../connection/config/ask_ssh.ts';
import { askWithJumps } from '../connection/config/jumps.ts';
import type { Diagnostic } from '../model/diagnostic.ts';
import { type Compiled, type CompileInput, compile, sshQuestions } from './compile.ts';

/**
 * Compiles with what OpenSSH says about the hosts and the jump hosts on the way to them.
 * @param whileAsking called while its answers are waited for, where some host is reached by SSH
 */
export async function compileWithSshConfig(
  input: CompileInput,
  whileAsking: () => void = () => {},
): Promise<Compiled> {
  const asker = sshAsker();
  const questions = sshQuestions(input);
  const asking = askWithJumps(asker, questions);
  if (questions.length > 0) whileAsking();
  await asking;
  const connection = { ...input.connection, sshConfigs: asker.configs, noOpenssh: asker.missing() };
  const { plays, diagnostics } = compile({ ...input, connection });
  if (!asker.missing()) return { plays, diagnostics };
  return { plays, diagnostics: [...diagnostics, NO_OPENSSH] };
}

const NO_OPENSSH: Diagnostic = {
  severity: 'warning',
  message:
    "there is no OpenSSH client that runs here: ssh_config files are not read, and OpenSSH's defaults hold",
};
