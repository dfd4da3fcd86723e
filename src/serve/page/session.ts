import { randomBytes, timingSafeEqual } from 'node:crypto';

/** Who has logged in. The token of Keystone stays here: a browser has the number of the session alone. */
export interface Session {
  readonly id: string;
  /** What its forms carry, so that no other page sends one in its name. */
  readonly formToken: string;
  readonly token: string;
  /** Of the token, in milliseconds since 1970. */
  readonly expiresAt: number;
}

export interface Sessions {
  readonly begin: (token: string, expiresAt: number) => Session;
  /** @returns undefined for one that is none, or over */
  readonly find: (id: string | undefined) => Session | undefined;
  readonly end: (id: string) => void;
}

/** So many at once: the one that was begun first ends. */
const MOST = 10_000;

/** Sessions of this process, in its memory alone. @param now milliseconds since 1970 */
export function newSessions(now: () => number = Date.now): Sessions {
  const known = new Map<string, Session>();
  return {
    begin: (token, expiresAt) => {
      for (const [id, session] of known) if (session.expiresAt <= now()) known.delete(id);
      for (const id of known.keys()) {
        if (known.size < MOST) break;
        known.delete(id);
      }
      const session = { id: random(), formToken: random(), token, expiresAt };
      known.set(session.id, session);
      return session;
    },
    find: (id) => {
      const session = id === undefined ? undefined : known.get(id);
      if (session === undefined || session.expiresAt > now()) return session;
      known.delete(session.id);
      return undefined;
    },
    end: (id) => void known.delete(id),
  };
}

/** 256 bits that nobody guesses. */
function random(): string {
  return randomBytes(32).toString('base64url');
}

/** Whether two texts are equal, in a time that does not tell where they differ. */
export function isSame(a: string, b: string): boolean {
  const [one, other] = [Buffer.from(a), Buffer.from(b)];
  return one.length === other.length && timingSafeEqual(one, other);
}

/** With `__Host-` a browser takes it only over TLS, for this host alone, and no neighbour can lay one over it (RFC 6265bis, 4.1.3). */
const nameOf = (secure: boolean): string => (secure ? '__Host-virtune' : 'virtune');

/** The value of the session's cookie; undefined where there is none, or several. */
export function sessionIn(cookies: string | undefined, secure: boolean): string | undefined {
  const own = (cookies ?? '').split(';').flatMap((pair) => {
    const [name, ...value] = pair.split('=');
    return name?.trim() === nameOf(secure) ? [value.join('=').trim()] : [];
  });
  return own.length === 1 && /^[\w-]{43}$/.test(own[0] ?? '') ? own[0] : undefined;
}

/** The `Set-Cookie` that begins a session, or for `null` ends it. */
export function cookieFor(session: Session | null, secure: boolean, now: number): string {
  const seconds = session === null ? 0 : Math.max(0, Math.floor((session.expiresAt - now) / 1000));
  const value = `${nameOf(secure)}=${session?.id ?? ''}; Path=/; Max-Age=${seconds}; HttpOnly; SameSite=Strict`;
  return secure ? `${value}; Secure` : value;
}
