import type { Database } from './database.ts';
import { DatabaseError } from './database.ts';
import { FUNCTIONS } from './functions.ts';

/**
 * One a release that changed the tables, in order; what has been released is never edited. A dump of what each leaves is
 * beside the test of upgrades.
 */
const MIGRATIONS: readonly (readonly string[])[] = [
  `
  CREATE TABLE virtune_revision (single boolean PRIMARY KEY DEFAULT true CHECK (single), revision bigint NOT NULL);
  INSERT INTO virtune_revision (revision) VALUES (0);

  CREATE TABLE virtune_override (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    server uuid NOT NULL,
    mac text NOT NULL,
    limits jsonb NOT NULL,
    before jsonb,
    owner jsonb NOT NULL,
    project text NOT NULL,
    request text NOT NULL,
    reason text NOT NULL DEFAULT '',
    created_at timestamptz NOT NULL DEFAULT now(),
    until timestamptz,
    ended_at timestamptz,
    restored boolean NOT NULL DEFAULT false,
    revision bigint NOT NULL
  );
  CREATE UNIQUE INDEX virtune_override_one ON virtune_override (server, mac) WHERE ended_at IS NULL;
  CREATE INDEX virtune_override_revision ON virtune_override (revision);
  CREATE INDEX virtune_override_until ON virtune_override (until) WHERE ended_at IS NULL AND until IS NOT NULL;

  CREATE TABLE virtune_job (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind text NOT NULL CHECK (kind IN ('set', 'withdraw')),
    override bigint NOT NULL REFERENCES virtune_override (id),
    server uuid NOT NULL,
    mac text NOT NULL,
    projects text[] NOT NULL,
    request text NOT NULL,
    revision bigint NOT NULL,
    state text NOT NULL DEFAULT 'queued' CHECK (state IN ('queued', 'running', 'done', 'refused', 'failed', 'superseded')),
    process integer,
    attempts integer NOT NULL DEFAULT 0,
    due_at timestamptz NOT NULL DEFAULT now(),
    created_at timestamptz NOT NULL DEFAULT now(),
    started_at timestamptz,
    finished_at timestamptz,
    host text,
    progress text NOT NULL DEFAULT '',
    result jsonb
  );
  CREATE INDEX virtune_job_due ON virtune_job (due_at) WHERE state = 'queued';
  CREATE INDEX virtune_job_running ON virtune_job (process) WHERE state = 'running';
  CREATE INDEX virtune_job_server ON virtune_job (server, id);
  CREATE INDEX virtune_job_override ON virtune_job (override);

  CREATE TABLE virtune_audit (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at timestamptz NOT NULL DEFAULT now(),
    request text NOT NULL,
    remote text NOT NULL,
    user_id text,
    user_name text,
    project text,
    projects text[] NOT NULL,
    action text NOT NULL,
    server uuid,
    mac text,
    status integer,
    detail text NOT NULL
  );
  CREATE INDEX virtune_audit_server ON virtune_audit (server, id);

  CREATE TABLE virtune_replay (
    owner text NOT NULL,
    key text NOT NULL,
    fingerprint text NOT NULL,
    status integer NOT NULL,
    headers jsonb NOT NULL,
    body jsonb,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (owner, key)
  );
  CREATE INDEX virtune_replay_age ON virtune_replay (created_at);

  CREATE SEQUENCE virtune_process AS integer;
  `.split(';\n'),
  FUNCTIONS,
  [
    'CREATE INDEX virtune_job_finished ON virtune_job (finished_at) WHERE finished_at IS NOT NULL',
    'CREATE INDEX virtune_override_ended ON virtune_override (ended_at) WHERE restored',
  ],
  // By direction; `until` is the first of them. Null where all end at `until`.
  ['ALTER TABLE virtune_override ADD COLUMN ends jsonb', ...FUNCTIONS],
  // What is withdrawn is undone, whatever is set before that.
  FUNCTIONS,
];

/** Of the lock that keeps two processes from migrating at once: any number that nothing else of this database uses. */
const LOCK = 0x76_69_72_74;

/**
 * Brings the tables to this release's form, or does nothing where they have it.
 * @throws DatabaseError for tables of a later release
 */
export async function migrate(database: Database): Promise<void> {
  await database.transaction(async ({ query }) => {
    await query('SELECT pg_advisory_xact_lock($1)', [LOCK]);
    await query(
      'CREATE TABLE IF NOT EXISTS virtune_migration (version integer PRIMARY KEY, at timestamptz NOT NULL DEFAULT now())',
    );
    const [row] = await query<{ version: number | null }>(
      'SELECT max(version) AS version FROM virtune_migration',
    );
    const has = row?.version ?? 0;
    if (has > MIGRATIONS.length)
      throw new DatabaseError(
        `${database.name} has tables of a later release of virtune: use that one, or another database`,
      );
    for (const [index, statements] of MIGRATIONS.entries()) {
      if (index < has) continue;
      for (const statement of statements) if (statement.trim() !== '') await query(statement);
      await query('INSERT INTO virtune_migration (version) VALUES ($1)', [index + 1]);
    }
  });
}
