import { createHash } from 'node:crypto';
import type { TokenInfo } from '../../openstack/catalog.ts';
import type { Cloud } from '../../openstack/cloud.ts';
import { steadyNow } from '../../watch/clock.ts';
import { Refusal, unauthenticated } from '../refusal.ts';
import type { Owner } from '../store/records.ts';
import type { Outage } from './outage.ts';

/** Who sends a request. The token goes to Nova, and nowhere else. */
export interface Caller extends Owner {
  /** Of the token: tells callers apart without holding it. */
  readonly key: string;
  readonly token: string;
  readonly isAdmin: boolean;
}

export interface Callers {
  /**
   * @param fresh how old what Keystone said may be, in milliseconds
   * @throws Refusal 401 for no token, one that is none, and one without a project; 503 where Keystone does not say
   */
  readonly whoIs: (token: string | undefined, fresh: number) => Promise<Caller>;
}

/** Whoever only looks may have lost a right so long ago. */
export const FRESH_TO_READ_MS = 60_000;
/** A revoked token sets nothing after so long. */
export const FRESH_TO_WRITE_MS = 5_000;
/** A token that was none is none for so long, whoever asks again. */
const FRESH_NONE_MS = 5_000;

/** Tokens of Keystone are a few hundred characters; PKI ones of old had some thousand. */
const LONGEST = 16_384;
/** So many are remembered. */
const MOST = 10_000;

interface Clocks {
  /** Since 1970. */
  readonly now: () => number;
  readonly steady: () => number;
}

interface Remembered {
  readonly at: number;
  readonly info: TokenInfo | null;
}

/**
 * What Keystone has said of tokens, each known by its hash alone.
 * @param keystone hears whether it does
 * @param clocks in milliseconds: the one by which a token expires, which may be set; and the one by which it is told how
 * old Keystone's word is, which may not: else a revoked token would be good for as long as the other was set back
 */
export function rememberedCallers(
  cloud: Pick<Cloud, 'validate'>,
  keystone: Outage,
  { now, steady }: Clocks = { now: Date.now, steady: steadyNow },
): Callers {
  const known = new Map<string, Remembered>();
  const asking = new Map<string, Promise<TokenInfo | null>>();
  const ask = async (key: string, token: string): Promise<TokenInfo | null> => {
    const before = asking.get(key);
    if (before !== undefined) return before;
    const asked = cloud
      .validate(token)
      .then((info) => {
        keystone.answered();
        known.delete(key);
        known.set(key, { at: steady(), info });
        if (known.size > MOST)
          for (const oldest of [...known.keys()].slice(0, MOST / 10)) known.delete(oldest);
        return info;
      })
      .finally(() => asking.delete(key));
    asking.set(key, asked);
    return asked;
  };
  return {
    whoIs: async (token, fresh) => {
      // What cannot stand in a header is no token.
      if (token === undefined || token.length > LONGEST || !/^[\x21-\x7e]+$/.test(token))
        throw unauthenticated();
      const key = createHash('sha256').update(token).digest('hex');
      const before = known.get(key);
      const age = before === undefined ? Number.POSITIVE_INFINITY : steady() - before.at;
      const lasts = before?.info === null ? FRESH_NONE_MS : fresh;
      let info: TokenInfo | null;
      if (before !== undefined && age < lasts) info = before.info;
      else
        info = await ask(key, token).catch((cause: Error) => {
          // Whoever calls can do nothing about it.
          keystone.failed(cause);
          throw new Refusal(
            503,
            'The identity service does not answer. Please try again at a later time.',
            5,
          );
        });
      if (info === null || info.expiresAt <= now() || info.project === null) throw unauthenticated();
      const { userId, userName, project, roles } = info;
      const isAdmin = roles.includes('admin');
      return { user: { id: userId, name: userName }, project, roles, key, token, isAdmin };
    },
  };
}

/** Whoever may change servers may set limits. @throws Refusal 403 */
export function demandMember({ roles, isAdmin }: Caller, action: string): void {
  if (isAdmin || roles.includes('member')) return;
  throw new Refusal(403, `Policy doesn't allow virtune:servers:${action} to be performed.`);
}

/** What is kept of a caller: nothing of the token. */
export function ownerOf({ user, project, roles }: Caller): Owner {
  return { user, project, roles };
}
