import { createHash } from 'node:crypto';
import { readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { makeFolder } from './make_folder.ts';
import { SEEN_FORM, type Seen, type Sight, seenSince } from './sight.ts';

/**
 * What runs have seen of each hypervisor at last: a file each, which the next look replaces, so that they grow with the
 * fleet and not with time. They are no part of the chain: nothing is written to a host because of them.
 */
export function seenFolder(state: string): string {
  return join(state, 'seen');
}

/** A hypervisor's id may hold anything that an address may. */
function fileOf(state: string, hypervisor: string): string {
  const name = createHash('sha256').update(hypervisor).digest('hex').slice(0, 32);
  return join(seenFolder(state), `${name}.json`);
}

/** @throws where the folder cannot be made */
export async function readySeen(state: string): Promise<void> {
  await makeFolder(seenFolder(state));
}

/**
 * Adds a look at a hypervisor. Where it cannot be kept, what is there goes: it would not be true any more.
 * @throws where it cannot be kept
 */
export async function see(state: string, hypervisor: string, sight: Sight): Promise<void> {
  const file = fileOf(state, hypervisor);
  // Containers may share the folder, and have the same numbers for processes.
  const next = `${file}.${process.pid}-${hostname().replaceAll(/[^\w.-]/g, '')}`;
  try {
    const sights = seenSince((await seenIn(file))?.sights ?? [], sight);
    const seen: Seen = { form: SEEN_FORM, hypervisor, sights };
    await writeFile(next, `${JSON.stringify(seen)}\n`, { mode: 0o600 });
    await rename(next, file);
  } catch (cause) {
    await Promise.allSettled([next, file].map((one) => rm(one, { force: true })));
    throw cause;
  }
}

/** All that was seen; none where there is no folder. @throws where it cannot be read */
export async function* allSeen(
  state: string,
): AsyncGenerator<{ readonly file: string; readonly seen: Seen }> {
  const folder = seenFolder(state);
  const names = (await orNone(() => readdir(folder))) ?? [];
  for (let from = 0; from < names.length; from += AT_ONCE) {
    const files = names.slice(from, from + AT_ONCE).filter((name) => name.endsWith('.json'));
    const some = await Promise.all(
      files.map(async (name) => {
        const file = join(folder, name);
        return { file, seen: await seenIn(file) };
      }),
    );
    for (const { file, seen } of some) if (seen !== null) yield { file, seen };
  }
}

/** The files of hypervisors that no run has seen since a time. @throws where they cannot be read */
export async function notSeenSince(state: string, before: Date): Promise<readonly string[]> {
  const old: string[] = [];
  for await (const { file, seen } of allSeen(state))
    if ((seen.sights.at(-1)?.at ?? '') < before.toISOString()) old.push(file);
  return old;
}

/** So many files are read at once. */
const AT_ONCE = 32;

/** @returns null where there is none, and for what another version, or something else, has left there */
async function seenIn(file: string): Promise<Seen | null> {
  const text = await orNone(() => readFile(file, 'utf8'));
  if (text === null) return null;
  try {
    const seen = JSON.parse(text) as Seen;
    return seen.form === SEEN_FORM ? seen : null;
  } catch {
    return null;
  }
}

async function orNone<T>(read: () => Promise<T>): Promise<T | null> {
  try {
    return await read();
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw cause;
  }
}
