import { randomBytes } from 'node:crypto';
import { link, open, readdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { localUser } from '../api/local_user.ts';
import { plural } from '../base/text.ts';
import { utcText } from '../base/time/utc.ts';
import { inputError } from '../model/diagnostic.ts';
import type { PlanHead } from '../plan/head.ts';
import { makeFolder } from '../record/make_folder.ts';

/** A part of a plan that is being applied. */
export interface Spent {
  /** Those of its hosts that no apply had before. */
  readonly hosts: ReadonlySet<string>;
  /** What is to be said of the others; '' where there are none. */
  readonly note: string;
  /** Where nothing was written: its hosts may be applied again. @returns whether that could be kept */
  readonly undo: () => Promise<boolean>;
}

/**
 * Marks hosts of a plan as applied, in the folder of the record. A plan may be applied in parts (`--limit`, `--shard`):
 * each of its hosts once, and of two that apply the same at once, one does.
 * @throws InputError where all of them were applied before, or they cannot be marked
 */
export async function spend(
  state: string,
  { id }: PlanHead,
  file: string,
  hosts: readonly string[],
): Promise<Spent> {
  const folder = join(state, 'applied');
  // The id is a text of the file.
  const name = id.replaceAll(/[^A-Za-z0-9-]/g, '_').slice(0, 100);
  try {
    await makeFolder(folder);
    for (;;) {
      const marks = await marksOf(folder, name);
      const taken = new Set(marks.flatMap((mark) => mark.hosts));
      const left = hosts.filter((host) => !taken.has(host));
      const first = marks.find((mark) => mark.hosts.some((host) => hosts.includes(host)));
      if (left.length === 0 && first !== undefined)
        throw inputError(
          `${file} was applied already${first.said === '' ? '' : `: ${first.said}`}`,
          'make a new plan; virtune history tells what became of this one',
        );
      const mark = join(folder, `${name}.${Math.max(0, ...marks.map(({ number }) => number)) + 1}`);
      if (!(await writeMark(mark, left))) continue;
      const done = hosts.length - left.length;
      return {
        hosts: new Set(left),
        note: done === 0 ? '' : `${plural(done, 'host')} of it ${done === 1 ? 'was' : 'were'} applied before`,
        // The mark stays, without hosts: were its number given to another one, two could have the same host.
        undo: () => replaceMark(mark).catch(() => false),
      };
    }
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === undefined) throw cause;
    throw inputError(`${file} cannot be marked as applied: ${(cause as Error).message}`, 'check --state-dir');
  }
}

interface Mark {
  readonly number: number;
  /** When, and by whom. */
  readonly said: string;
  readonly hosts: readonly string[];
}

/** A mark is whole or not there: its name is given to it once it is written. @returns whether nobody else was first */
async function writeMark(mark: string, hosts: readonly string[]): Promise<boolean> {
  try {
    await written(mark, hosts, (made) => link(made, mark));
    return true;
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw cause;
  }
}

async function replaceMark(mark: string): Promise<true> {
  await written(mark, [], (made) => rename(made, mark));
  return true;
}

/** Writes a mark beside its place, and then puts it there. */
async function written(
  mark: string,
  hosts: readonly string[],
  put: (made: string) => Promise<void>,
): Promise<void> {
  const made = `${mark}.${randomBytes(6).toString('hex')}.new`;
  const text = `${new Date().toISOString()} by ${localUser(process.env)}\n${JSON.stringify(hosts)}\n`;
  const handle = await open(made, 'w', 0o600);
  try {
    await handle.writeFile(text);
    await handle.datasync();
    await put(made);
  } finally {
    await handle.close();
    await rm(made, { force: true });
  }
}

async function marksOf(folder: string, name: string): Promise<readonly Mark[]> {
  const own = (await readdir(folder)).filter(
    (one) => one.startsWith(`${name}.`) && /^\d+$/.test(one.slice(name.length + 1)),
  );
  return Promise.all(
    own.map(async (one) => {
      const [said = '', hosts = '[]'] = (await readFile(join(folder, one), 'utf8')).split('\n');
      return {
        number: Number(one.slice(name.length + 1)),
        said: said.trim().replace(/^\S+Z(?= by )/, utcText),
        hosts: JSON.parse(hosts) as readonly string[],
      };
    }),
  );
}
