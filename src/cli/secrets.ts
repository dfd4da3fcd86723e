import { InputError, inputError } from '../model/diagnostic.ts';
import { readPasswordFile } from '../project/password_file.ts';
import type { TypedSecrets } from '../project/project.ts';
import { askSecret } from './ask_secret.ts';
import type { RunningOptions } from './options.ts';

/**
 * How to become another user on the hosts, and the passwords that are asked for or read from files. As in Ansible a
 * file is not read where the person is asked.
 * @throws InputError where there is none to be had
 */
export async function askSecrets(options: RunningOptions): Promise<TypedSecrets> {
  const { become, becomeMethod: method, becomeUser: user } = options;
  const login = options.askPass
    ? await askSecret('SSH password', 'set ansible_password, e.g. with -e @FILE')
    : await fromFile(options.connectionPasswordFile, 'SSH password');
  const orLogin = login === '' ? '' : ' (empty: the SSH password)';
  const given = options.askBecomePass
    ? await askSecret(`become password${orLogin}`, 'set ansible_become_password, e.g. with -e @FILE')
    : await fromFile(options.becomePasswordFile, 'become password');
  const forBecome = given === '' && options.askBecomePass ? login : given;
  return {
    ...(login === '' ? {} : { password: () => login }),
    become: { become, method, user, ...(forBecome === '' ? {} : { password: () => forBecome }) },
  };
}

async function fromFile(file: string | undefined, what: string): Promise<string> {
  if (file === undefined) return '';
  const read = await readPasswordFile(file, what);
  if ('severity' in read) throw new InputError([read]);
  if (read.length === 0) throw inputError(`the ${what} file ${file} is empty`);
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(read);
  } catch {
    throw inputError(`the ${what} of ${file} is not UTF-8`);
  }
}
