import { randomBytes } from 'node:crypto';

/** The id of the run that began then, by its time in ISO form: unique, and sorts by time. */
export function newRunId(startedAt: string): string {
  return `${startedAt.replaceAll(/[-:.]/g, '')}-${randomBytes(4).toString('hex')}`;
}
