import { askSecret } from './keys/ask_person.ts';

/** Asks a person for a secret. @returns null for no answer */
export type AskPerson = (prompt: string) => Promise<string | null>;

/**
 * What the connections of one run have in common: logins to jump hosts, keys that were opened, files that were read,
 * the pace of each sshd. Each part says itself how it is made; a run has its own one of each.
 */
export interface Shared {
  /** The run's own one of what `make` makes: made when it is first asked for. */
  readonly the: <T>(make: (shared: Shared) => T) => T;
  /** Who is asked for what files and variables do not have. */
  readonly ask: AskPerson;
  /** Called once: when the run has ended, or else the process ends. */
  readonly onClose: (end: () => void) => void;
}

/**
 * @param ask the person at the terminal, where nothing else is said
 * @returns with `close`, which is idempotent and ends what the parts own, the last made first
 */
export function newShared(
  ask: AskPerson = (prompt) => askSecret(prompt),
): Shared & { readonly close: () => void } {
  const parts = new Map<unknown, unknown>();
  const ends: (() => void)[] = [];
  const close = (): void => {
    process.off('exit', close);
    for (const end of ends.splice(0).reverse()) end();
  };
  const shared: Shared = {
    ask,
    the: <T>(make: (shared: Shared) => T): T => {
      if (!parts.has(make)) parts.set(make, make(shared));
      return parts.get(make) as T;
    },
    onClose: (end) => {
      if (ends.length === 0) process.on('exit', close);
      ends.push(end);
    },
  };
  return { ...shared, close };
}
