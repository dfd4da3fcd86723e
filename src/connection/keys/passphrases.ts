import type { Secret } from '../connection.ts';
import type { AskPerson, Shared } from '../shared.ts';
import { type KeyFile, readKeyFile, unlockKeyFile } from './key_files.ts';

type OpenKey = KeyFile & { readonly kind: 'key' };

/** As often as ssh asks (NumberOfPasswordPrompts). */
const TRIES = 3;

/** The questions of a run, by the file that each is about. */
function questions(): Map<string, Promise<OpenKey | null>> {
  return new Map();
}

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
  shared: Shared,
  path: string,
  passphrase: Secret | undefined,
  clock: Clock,
  ask: AskPerson = shared.ask,
): Promise<OpenKey | null> {
  const file = readKeyFile(shared, path);
  if (file.kind === 'key') return file;
  if (passphrase !== undefined) return unlockKeyFile(shared, path, passphrase());
  const asked = shared.the(questions);
  clock.stop();
  try {
    const going = asked.get(path) ?? askFor(shared, path, ask);
    asked.set(path, going);
    return await going;
  } finally {
    clock.start();
  }
}

async function askFor(shared: Shared, path: string, ask: AskPerson): Promise<OpenKey | null> {
  for (let tries = 0; tries < TRIES; tries++) {
    const answer = await ask(`Enter passphrase for key '${path}': `);
    if (answer === null || answer === '') return null;
    const opened = unlockKeyFile(shared, path, answer);
    if (opened) return opened;
  }
  return null;
}
