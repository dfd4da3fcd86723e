import type { Gate, Verdict } from '../gates/gate.ts';
import type { Change } from '../model/change.ts';
import type { Identity } from '../policy/identity.ts';
import { overrideIn } from './overlay.ts';
import type { Owner } from './store/records.ts';

/** Whom a policy knows a caller as: `by: { api: { project: …, role: … } }`. Projects by their ID or their name. */
export function identityOf({ project, user, roles }: Owner): Identity {
  return {
    kind: 'api',
    claims: { project: namesOf(project), user: namesOf(user), role: roles },
  };
}

/** A name that looks like an ID could be taken for somebody else's. */
export function namesOf({ id, name }: Owner['project']): readonly string[] {
  return /^[0-9a-f]{32}$|^[0-9a-f-]{36}$/i.test(name) ? [id] : [id, name];
}

/**
 * A policy that judges what was set through the API as asked for by whoever set it, also when a watch sets it again, and
 * everything else as asked for by the service itself.
 * @param policyFor the gate for those who ask
 * @param ownerOf whose an override is, by its number
 */
export function ownersPolicy(
  policyFor: (owner: Owner | null) => Gate | null,
  ownerOf: (override: number) => Owner | null,
): Gate | null {
  const own = policyFor(null);
  if (own === null) return null;
  const others = new Map<string, Gate>();
  const gateOf = (change: Change): Gate => {
    const override = overrideIn(change.rules);
    const owner = override === null ? null : ownerOf(override);
    if (owner === null) return own;
    const key = JSON.stringify(owner);
    const gate = others.get(key) ?? policyFor(owner) ?? own;
    others.set(key, gate);
    return gate;
  };
  return {
    ...own,
    judge: (play, batch) => {
      const byGate = new Map<Gate, Change[]>();
      for (const change of batch.changes) {
        const gate = gateOf(change);
        byGate.set(gate, [...(byGate.get(gate) ?? []), change]);
      }
      return [...byGate].flatMap(([gate, changes]) => {
        const of = new Set(changes);
        return gate.judge(play, { ...batch, changes }).map((verdict) => onlyOf(verdict, of));
      });
    },
    letThrough: (changes) => {
      for (const gate of [own, ...others.values()])
        gate.letThrough?.(changes.filter((change) => gateOf(change) === gate));
    },
  };
}

function onlyOf(verdict: Verdict, changes: ReadonlySet<Change>): Verdict {
  const { covers } = verdict;
  return {
    ...verdict,
    covers: (change, hosts) => changes.has(change) && (covers === undefined || covers(change, hosts)),
  };
}
