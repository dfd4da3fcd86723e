import { setTimeout as delay } from 'node:timers/promises';
import type { SimHost } from './model.ts';

/** How a simulated host answers whoever asks for the lock of its run folder: LOCK of libvirt/lock_script.ts. */
export interface Locked {
  /** What the program prints of it. */
  readonly said: string;
  /** Writes nothing and ends. */
  readonly refused: boolean;
  readonly release: () => void;
}

/** @param words the program's fifth argument, '' where no lock is asked for */
export async function takeLock(host: SimHost, marker: string, uri: string, words: string): Promise<Locked> {
  const none = (said: string, refused = false): Locked => ({ said, refused, release: () => {} });
  if (words === '') return none('');
  const { flock } = host.knobs;
  const why = uri.includes('/session') ? 'session' : !uri.includes(':///') ? 'remote' : flock;
  if (why !== '') return none(`${marker}:unlocked:${why}\n`);
  const [wait = '0', , ...owner] = words.split(' ');
  let said = '';
  if (host.lock !== null)
    said = `${marker}:holder\n${host.lock}\n\n${Number(wait) > 0 ? `${marker}:waiting\n` : ''}`;
  const until = performance.now() + Number(wait) * 1000;
  while (host.lock !== null) {
    if (performance.now() >= until) return none(`${said}${marker}:locked\n`, true);
    await delay(5);
  }
  const mine = `4242 ${owner.join(' ')}`;
  host.lock = mine;
  return {
    said: `${said}${marker}:taken\n`,
    refused: false,
    release: () => {
      if (host.lock === mine) host.lock = null;
    },
  };
}
