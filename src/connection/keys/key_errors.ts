import { ConnectionError } from '../connection.ts';
import type { KeyFile } from './key_files.ts';

/** The error for a key file that was named and can't be used. */
export function keyFileError(host: string, file: KeyFile, passphraseIsWrong = false): ConnectionError {
  const [problem, hint] = reason(file, passphraseIsWrong);
  return new ConnectionError('key_file', `${host}: the private key ${file.path} ${problem}`, hint);
}

function reason(file: KeyFile, passphraseIsWrong: boolean): readonly [string, string | undefined] {
  switch (file.kind) {
    case 'missing':
      return ['does not exist', 'check ansible_ssh_private_key_file or --private-key'];
    case 'unusable':
      return [file.reason, file.hint];
    default:
      return passphraseIsWrong
        ? ['does not open with the passphrase that is set for it', undefined]
        : ['has a passphrase, and ssh-agent does not hold it', `run: ssh-add ${file.path}`];
  }
}
