import type { Secret } from '../connection.ts';
import { askSecret } from './ask_person.ts';
import { type KeyFile, readKeyFile, unlockKeyFile } from './key_files.ts';

type OpenKey = KeyFile & { readonly kind: 'key' };

/** As often as ssh asks (NumberOfPasswordPrompts). */
const TRIES = 3;

const asked = new Map<string, Promise<OpenKey | null>>();

/** The clock of a host's login, which stands still while a person is asked. */
export interface Clock {
  readonly stop: () => void;
  readonly start: () => void;
}

/**
 * Opens an encrypted key file: with the passphrase of the inventory, or by asking, once for all hosts.
 * @returns null when it stays locked
 */
export async function openKeyFile(
  path: string,
  passphrase: Secret | undefined,
  clock: Clock,
  ask: typeof askSecret = askSecret,
): Promise<OpenKey | null> {
  const file = readKeyFile(path);
  if (file.kind === 'key') return file;
  if (passphrase !== undefined) return unlockKeyFile(path, passphrase());
  clock.stop();
  try {
    const going = asked.get(path) ?? askFor(path, ask);
    asked.set(path, going);
    return await going;
  } finally {
    clock.start();
  }
}

async function askFor(path: string, ask: typeof askSecret): Promise<OpenKey | null> {
  for (let tries = 0; tries < TRIES; tries++) {
    const answer = await ask(`Enter passphrase for key '${path}': `);
    if (answer === null || answer === '') return null;
    const opened = unlockKeyFile(path, answer);
    if (opened) return opened;
  }
  return null;
}
