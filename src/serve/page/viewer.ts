import type { Caller } from '../cloud/callers.ts';

/** Who looks at the page. */
export interface Viewer {
  /** Null where nobody has logged in and the page is public. */
  readonly caller: Caller | null;
  /** What forms of this session carry; '' without a session. */
  readonly token: string;
  /** Hosts and everybody's servers: admins, and everybody where the page is public. */
  readonly seesFleet: boolean;
}

export function viewerOf(caller: Caller | null, token: string): Viewer {
  return { caller, token, seesFleet: caller === null || caller.isAdmin };
}

/** The project whose rows of the database somebody sees; null for all of them. */
export function projectOf({ caller, seesFleet }: Viewer): string | null {
  return caller === null || seesFleet ? null : caller.project.id;
}
