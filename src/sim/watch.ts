import type { Duplex } from 'node:stream';
import { EVENT_KINDS, WATCH_PROGRAM } from '../libvirt/watch_script.ts';
import type { SimHost } from './model.ts';
import { splitWords } from './words.ts';

/** The arguments of WATCH_PROGRAM where a command line runs it, else null. */
export function watchArguments(line: string): readonly string[] | null {
  const words = splitWords(line);
  if (words === null) return null;
  const [first, option, program, , ...args] = words[0] === 'exec' ? words.slice(1) : words;
  return first === '/bin/sh' && option === '-c' && program === WATCH_PROGRAM ? args : null;
}

/** WATCH_PROGRAM on a simulated host, for as long as the channel lives. Arguments: marker, URI, silence, look, tc. */
export function serveWatch(
  host: SimHost,
  channel: Duplex & { exit(code: number): void },
  [marker = '', uri = '', silence = '90', look = '3', wish = '']: readonly string[],
): void {
  const say = (text: string): void => void channel.write(`${text}\n`);
  const listener = (line: string): void => say(line);
  let seen = host.changes;
  const queues = (): string => (wish === 'tc' ? JSON.stringify(queuesOf(host)) : '');
  let shaped = queues();
  let silent = setTimeout(() => {}, 0);
  let over = false;
  const end = (): void => {
    if (over) return;
    over = true;
    host.listeners.delete(listener);
    clearInterval(looking);
    clearTimeout(silent);
    say(`${marker}:end`);
    channel.exit(0);
    channel.end();
  };
  const hear = (): void => {
    clearTimeout(silent);
    silent = setTimeout(end, Number(silence) * 1000);
  };
  const looking = setInterval(() => {
    if (host.knobs.libvirtd !== 'up') {
      for (const kind of EVENT_KINDS) say(`${marker}:ended:${kind}`);
      host.listeners.delete(listener);
      clearInterval(looking);
    } else if (host.changes !== seen) say(`${marker}:touched`);
    seen = host.changes;
    const now = queues();
    if (now !== shaped) say(`${marker}:queues`);
    shaped = now;
  }, Number(look) * 1000);
  say(`\n${marker}:begin`);
  if (wish === 'tc' && host.knobs.tc === 'absent') say(`${marker}:deaf`);
  channel.on('data', () => {
    hear();
    say(`${marker}:alive`);
  });
  channel.on('end', end);
  channel.on('close', end);
  hear();
  for (const kind of EVENT_KINDS)
    say(host.knobs.libvirtd === 'up' ? `${uri}\n\n${marker}:up:${kind}` : `${marker}:ended:${kind}`);
  host.listeners.add(listener);
}

/** tc tells of these at once; here they are looked at with the files. */
function queuesOf({ domains }: SimHost): readonly unknown[] {
  return domains.flatMap(({ live }) => (live ?? []).map(({ target, tc }) => [target, tc]));
}
