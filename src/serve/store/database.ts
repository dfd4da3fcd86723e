/** What the statements of this room run on: PostgreSQL, or PGlite, which is PostgreSQL in the process. */
export interface Queries {
  /** @throws DatabaseError */
  readonly query: <Row = Readonly<Record<string, unknown>>>(
    text: string,
    values?: readonly unknown[],
  ) => Promise<readonly Row[]>;
}

export interface Database extends Queries {
  /** All of it, or nothing where it throws. @throws DatabaseError */
  readonly transaction: <T>(work: (queries: Queries) => Promise<T>) => Promise<T>;
  /** Holds a lock of the database for as long as this process has its connection to it. @throws DatabaseError */
  readonly hold: (key: number) => Promise<void>;
  /** What other processes of the same database say; nothing where there can be none. */
  readonly onNews: (hear: () => void) => void;
  /** For messages: `PostgreSQL db.example.net/virtune`, `the folder /var/lib/virtune`. No password is in it. */
  readonly name: string;
  readonly close: () => Promise<void>;
}

/** The database did not do what it was asked. Its message holds no value of a statement. */
export class DatabaseError extends Error {
  override readonly name = 'DatabaseError';
  /** Of PostgreSQL (`SQLSTATE`), where it said one. */
  readonly code: string;

  constructor(message: string, code = '') {
    super(message);
    this.code = code;
  }
}

/** Of the locks that processes hold, beside which a database may have others. */
export const LOCK_CLASS = 0x76_73_72_76;

/** A row is there already (unique_violation). */
export function isTaken(error: unknown): boolean {
  return error instanceof DatabaseError && error.code === '23505';
}

/** What the drivers throw, without the statement's values. */
export function databaseError(name: string, cause: unknown): DatabaseError {
  const { message = String(cause), code } = cause as { message?: string; code?: unknown };
  return new DatabaseError(`${name}: ${message}`, typeof code === 'string' ? code : '');
}
