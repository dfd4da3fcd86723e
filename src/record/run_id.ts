import { randomBytes } from 'node:crypto';

/** The id of the run that began then, by its time in ISO form: unique, and sorts by time. */
export function newRunId(startedAt: string): string {
  return `${startedAt.replaceAll(/[-:.]/g, '')}-${randomBytes(4).toString('hex')}`;
}

/** What stands behind the dash of an id: short enough to type. */
export function shortId(run: string): string {
  return run.slice(run.indexOf('-') + 1);
}

/** The time in an id, which is there even where the file cannot be read. */
export function timeOf(run: string): string {
  return run.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d).*$/, '$1-$2-$3T$4:$5:$6');
}
