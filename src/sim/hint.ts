import type { Dump } from './command.ts';
import type { SimHost } from './model.ts';

/** What the reading program guesses, as libvirt/hint_script.ts and libvirt/filter_script.ts do it on a host. */

/** The commands that describe what the files of libvirt name; none where nobody may look at them. */
export function hintCommands(
  { domains, networks, knobs }: SimHost,
  marker: string,
  alsoNetworks: boolean,
): string {
  if (knobs.folders === 'closed') return '';
  const running = domains.filter(({ live }) => live !== null);
  const defined = domains.filter(({ live, persistent }) => live === null && persistent);
  const vms = [...names(running), ...names(defined)].map(
    (name) =>
      `echo --err ${marker}:d:h:${name};echo ${marker}:l:${name};dumpxml ${name};echo ${marker}:c:${name};dumpxml --inactive ${name};`,
  );
  const active = networks.filter((network) => network.active);
  const others = networks.filter((network) => !network.active);
  const nets = [...names(active), ...names(others)].map(
    (name) => `echo --err ${marker}:d:n:${name};echo ${marker}:n:${name};net-dumpxml ${name};`,
  );
  return joined([...vms, ...(alsoNetworks ? nets : [])]);
}

/** In the order of their files. */
function names(subjects: readonly { readonly name: string }[]): readonly string[] {
  return subjects
    .map(({ name }) => name)
    .filter((name) => /^[A-Za-z][A-Za-z0-9._-]*$/.test(name) && name.length !== 36)
    .sort((a, b) => (a < b ? -1 : 1));
}

/** As long as the program makes them. */
function joined(commands: readonly string[]): string {
  let all = '';
  for (const command of commands) {
    if (all.length >= 100_000) break;
    all += command;
  }
  return all;
}

interface UnderRows {
  /** Up to the mark `listed`. */
  readonly lists: string;
  /** The descriptions after it, of what the list has, each under the UUID of its row. */
  readonly described: readonly (string | Dump)[];
  /** Those that say that UUID themselves: `l:UUID`, `c:UUID`, and of networks `n:UUID`. */
  readonly known: ReadonlySet<string>;
}

export function underRows(chunks: readonly (string | Dump)[], marker: string): UnderRows {
  const end = chunks.indexOf(`${marker}:listed`);
  const lists = chunks.slice(0, end < 0 ? undefined : end + 2).join('');
  const all = lists.slice(lists.indexOf(`${marker}:all\n`), lists.indexOf(`${marker}:transient\n`));
  const uuids = new Map<string, string>();
  for (const [, uuid = '', name = ''] of all.matchAll(/^([0-9a-f-]{36}) (.*?) *$/gm)) uuids.set(name, uuid);
  const described: (string | Dump)[] = [];
  const known = new Set<string>();
  let mark = '';
  for (const chunk of end < 0 ? [] : chunks.slice(end + 2)) {
    if (typeof chunk === 'string' && chunk.startsWith(`${marker}:`)) mark = chunk.slice(marker.length + 1);
    if (typeof chunk === 'string' && !chunk.startsWith('<')) continue;
    const [kind = '', name = ''] = mark.split(':');
    const uuid = kind === 'n' ? name : uuids.get(name);
    if (uuid === undefined) continue;
    described.push(`${marker}:${kind}:${uuid}\n`, chunk);
    const own = typeof chunk === 'string' ? uuidIn(chunk) : ownUuid(chunk);
    if (kind === 'n' || own === uuid) known.add(`${kind}:${own}`);
  }
  return { lists, described, known };
}

const own = new WeakMap<object, string>();

function ownUuid({ key, text }: Dump): string {
  const uuid = own.get(key) ?? uuidIn(text());
  own.set(key, uuid);
  return uuid;
}

function uuidIn(xml: string): string {
  return /<uuid>([0-9a-f-]{36})<\/uuid>/.exec(xml)?.[1] ?? '';
}
