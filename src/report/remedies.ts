import { plural, printable } from '../base/text.ts';
import type { HostResult, Remedy, RunResult } from '../model/result.ts';
import type { Paint } from './style.ts';

/** So many hosts are named, the others counted. */
const NAMED = 3;

interface Shared {
  readonly remedy: Remedy;
  readonly hosts: string[];
  readonly words: Set<string>;
}

/** What went wrong with a host, without what to do about it where that is told once for all hosts. */
export function errorOf({ error, remedy }: HostResult): string | undefined {
  return remedy?.error ?? error;
}

/** The same below a line that names the host: `hv01 (10.0.0.1:22) refused …` begins with its address there. */
export function errorBelow(host: HostResult): string | undefined {
  const error = errorOf(host);
  if (error === undefined || !error.startsWith(host.name)) return error;
  const rest = error.slice(host.name.length);
  const [, address, more] = /^ \(([^()]*)\) (.+)$/s.exec(rest) ?? [];
  if (address !== undefined) return `${address} ${more}`;
  return /^:? (.+)$/s.exec(rest)?.[1] ?? error;
}

/** What to do about errors that hosts share, once for all of them, with one command where there is one. */
export function remedyLines({ hosts }: RunResult, paint: Paint): string[] {
  const found = new Map<string, Shared>();
  for (const { name, remedy } of hosts) {
    if (remedy === undefined) continue;
    const { text, command } = remedy;
    const key = JSON.stringify([text, command?.before, command?.after]);
    const shared = found.get(key) ?? { remedy, hosts: [], words: new Set<string>() };
    found.set(key, shared);
    shared.hosts.push(name);
    if (command !== undefined) shared.words.add(command.word);
  }
  return [...found.values()].flatMap((shared) => ['', ...sharedLines(shared, paint)]);
}

function sharedLines({ remedy: { text, command }, hosts, words }: Shared, paint: Paint): string[] {
  const shown = hosts.slice(0, NAMED).map(printable).join(', ');
  const who = hosts.length > NAMED ? `${shown} and ${plural(hosts.length - NAMED, 'more host')}` : shown;
  if (command === undefined) return [`${who}: ${printable(text)}`];
  const line = `${command.before} ${[...words].join(' ')} ${command.after}`;
  return [`${who}: ${printable(text)}:`, `    ${paint('cyan', printable(line))}`];
}
