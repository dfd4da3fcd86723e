import { execFileSync, spawn } from 'node:child_process';
import { chownSync, existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from './ports.ts';

/** A PostgreSQL of Debian's package, with one user who has a password. */
export interface Postgres {
  readonly port: number;
  /** Runs SQL as that user. @returns rows as lines, columns apart by `|` */
  readonly sql: (text: string, database?: string) => string;
  readonly dump: () => string;
  readonly stop: () => Promise<void>;
}

export const DB_PASSWORD = 'database-password-Yw92';

const VERSIONS = '/usr/lib/postgresql';

/** Where its programs are; null where it is not installed. */
export function postgresPrograms(): string | null {
  if (!existsSync(VERSIONS)) return null;
  const [newest] = readdirSync(VERSIONS).sort((a, b) => Number(b) - Number(a));
  return newest === undefined ? null : join(VERSIONS, newest, 'bin');
}

export async function startPostgres(programs: string): Promise<Postgres> {
  const dir = mkdtempSync(join(tmpdir(), 'virtune-postgres-'));
  // It refuses to run as root.
  const who =
    process.getuid?.() === 0
      ? { uid: idOf('-u'), gid: idOf('-g') }
      : { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 };
  chownSync(dir, who.uid, who.gid);
  const password = join(dir, 'password');
  writeFileSync(password, DB_PASSWORD);
  const data = join(dir, 'data');
  execFileSync(
    join(programs, 'initdb'),
    ['-D', data, '-U', 'virtune', '--auth=scram-sha-256', `--pwfile=${password}`, '--no-sync', '-E', 'UTF8'],
    { ...who, stdio: 'ignore', cwd: dir },
  );
  const port = await freePort();
  const server = spawn(
    join(programs, 'postgres'),
    ['-D', data, '-p', String(port), '-k', dir, '-c', 'listen_addresses=127.0.0.1', '-c', 'fsync=off'],
    { ...who, stdio: 'ignore', cwd: dir },
  );
  const ended = new Promise<void>((done) => server.once('exit', () => done()));
  const env = { ...process.env, PGPASSWORD: DB_PASSWORD };
  const where = ['-h', '127.0.0.1', '-p', String(port), '-U', 'virtune'];
  const psql = (database: string, text: string) =>
    execFileSync(join(programs, 'psql'), [...where, '-d', database, '-XAtqc', text], {
      env,
      encoding: 'utf8',
    });
  for (let tries = 0; ; tries++) {
    try {
      psql('postgres', 'CREATE DATABASE virtune');
      break;
    } catch (error) {
      if (tries > 100) throw error;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
  return {
    port,
    sql: (text, database = 'virtune') => psql(database, text).trim(),
    dump: () =>
      execFileSync(join(programs, 'pg_dump'), [...where, 'virtune'], {
        ...{ env, encoding: 'utf8' },
        maxBuffer: 1024 * 1024 * 1024,
      }),
    stop: async () => {
      server.kill('SIGINT');
      await ended;
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

function idOf(flag: string): number {
  return Number(execFileSync('id', [flag, 'postgres'], { encoding: 'utf8' }));
}
