import { performance } from 'node:perf_hooks';
import { mapOf, textOf } from '../base/json.ts';
import type { PortState, QosPolicy } from '../facts/qos.ts';
import type { EnforcerOutcome } from '../model/enforcer.ts';
import { type HostAgent, readHostAgents } from './agents.ts';
import type { Cloud } from './cloud.ts';
import { CloudError } from './errors.ts';
import { portState, type ReadPort, readPortsById } from './port_states.ts';
import { ensurePolicy, readQosPolicies } from './qos.ts';
import { rightsText } from './rights.ts';

/** The ports of one region of a cloud, and the policies that virtune gives them. */
export interface Ports {
  /** By ID; one that is not there is missing. @throws CloudError */
  readonly read: (ids: readonly string[], signal?: AbortSignal) => Promise<ReadonlyMap<string, PortState>>;
  /** Gives a port a policy, if it still has the one that was last read of it. Never rejects. */
  readonly set: (target: PortTarget, signal?: AbortSignal) => Promise<EnforcerOutcome>;
  /**
   * Takes policies of virtune's away that no port has: those that this run has made or taken from ports, and now and then
   * all that it has seen no port have, such as a deleted server's. @returns what went wrong
   */
  readonly removeUnused: () => Promise<readonly string[]>;
}

export interface PortTarget {
  readonly port: string;
  /** One of virtune's by its name, made where it is not there; another one by its ID; null for none. */
  readonly policy: { readonly name: string } | { readonly id: string } | null;
  /** Another policy of that name than the one that the port has: what has followed that one follows it anew. */
  readonly anew: boolean;
}

/** Hypervisors are read side by side: what is the same for all is asked once in a while. */
const FRESH_MS = 2_000;
const AGENTS_MS = 60_000;
/** A watch ends a run with every look: in so long it has looked at each host of itself. */
const UNUSED_MS = 600_000;
/** A port changes by its agent's doing while its server starts. */
const MAX_TRIES = 8;

export function portsOf(cloud: Cloud): Ports {
  const seen = new Map<string, ReadPort>();
  const ensured = new Map<string, Promise<string>>();
  /** Policies of virtune's that may have lost their last port. */
  const left = new Set<string>();
  /** Policies that ports were seen to have since it was asked which have none. */
  const used = new Set<string>();
  let askedAt = Number.NEGATIVE_INFINITY;
  const policies = kept(FRESH_MS, () => readQosPolicies(cloud));
  const agents = kept<ReadonlyMap<string, HostAgent> | null>(AGENTS_MS, () => readHostAgents(cloud));

  const read: Ports['read'] = async (ids, signal) => {
    const [ports, all, there] = await Promise.all([
      readPortsById(cloud, [...new Set(ids)], signal),
      policies.get(),
      agents.get(),
    ]);
    const known = [...all.values()].flatMap(({ own, name }) => (own ? [name] : []));
    for (const port of ports.values()) {
      seen.set(port.id, port);
      if (port.policy !== null) used.add(port.policy);
    }
    return new Map([...ports].map(([id, port]) => [id, portState(port, all, there, known)]));
  };

  const make = async (name: string, other: string | null, tries: number): Promise<string> => {
    try {
      const id = await ensurePolicy(cloud, name, oneNamed(name, other, await readQosPolicies(cloud)));
      left.add(id);
      return id;
    } catch (error) {
      // Another run has just taken it away, since no port had it.
      if (tries > 1 && error instanceof CloudError && error.status === 404)
        return make(name, other, tries - 1);
      throw error;
    } finally {
      policies.forget();
    }
  };

  /**
   * Once a run for each name, however many ports get it.
   * @param other the ID of one that it is not to be
   */
  const ensure = (name: string, other: string | null): Promise<string> => {
    const key = `${name} ${other ?? ''}`;
    const begun = ensured.get(key) ?? make(name, other, MAX_TRIES);
    ensured.set(key, begun);
    begun.catch(() => ensured.delete(key));
    return begun;
  };

  /** Policies of virtune's that no port was seen to have. */
  const unused = async (): Promise<readonly string[]> => {
    if (seen.size === 0 || performance.now() - askedAt < UNUSED_MS) return [];
    const all = await policies.get();
    askedAt = performance.now();
    const found = [...all.values()].filter(({ id, own }) => own && !used.has(id)).map(({ id }) => id);
    used.clear();
    return found;
  };

  const put = async (target: PortTarget, signal: AbortSignal | undefined): Promise<EnforcerOutcome> => {
    const path = `/ports/${target.port}`;
    const first = seen.get(target.port);
    if (first === undefined) return { kind: 'failed', error: `port ${target.port} was not read` };
    let { revision } = first;
    const other = target.anew ? first.policy : null;
    for (let tries = 1; ; tries++) {
      const { policy } = target;
      const id = policy === null ? null : 'id' in policy ? policy.id : await ensure(policy.name, other);
      const reply = await cloud.call({
        ...{ service: 'network', method: 'PUT', path, signal, accept: [404, 412] },
        headers: { 'if-match': `revision_number=${revision}` },
        body: { port: { qos_policy_id: id } },
      });
      if (reply.status < 400) {
        const { own } = (await policies.get()).get(first.policy ?? '') ?? { own: false };
        if (own && first.policy !== null && first.policy !== id) left.add(first.policy);
        if (id !== null) {
          left.delete(id);
          used.add(id);
        }
        return DONE;
      }
      const error = mapOf(mapOf(reply.body).NeutronError);
      if (reply.status === 404 && textOf(error.type) !== 'QosPolicyNotFound')
        return { kind: 'gone', error: `Neutron knows no port ${target.port} any more` };
      if (tries === MAX_TRIES)
        return { kind: 'failed', error: `the port went on changing: ${textOf(error.message)}` };
      if (reply.status === 404) {
        if (policy === null || 'id' in policy)
          return { kind: 'failed', error: `Neutron has no QoS policy ${policy?.id ?? ''} any more` };
        // Another run has just taken it away, since no port had it.
        ensured.delete(`${policy.name} ${other ?? ''}`);
        continue;
      }
      const now = (await readPortsById(cloud, [target.port], signal)).get(target.port);
      if (now === undefined) return { kind: 'gone', error: `Neutron knows no port ${target.port} any more` };
      if (now.policy === id) return DONE;
      if (now.policy !== first.policy || now.ofNetwork !== first.ofNetwork)
        return { kind: 'stale', error: 'its QoS policy was changed since it was read; nothing was written' };
      ({ revision } = now);
    }
  };

  return {
    read,
    set: async (target, signal) => {
      try {
        return await put(target, signal);
      } catch (error) {
        if (!(error instanceof CloudError)) throw error;
        return { kind: isDoubtful(error) ? 'lost' : 'failed', error: rightsText(error) };
      } finally {
        policies.forget();
      }
    },
    removeUnused: async () => {
      const problems: string[] = [];
      const more = await unused().catch((error: unknown): readonly string[] => {
        if (!(error instanceof CloudError)) throw error;
        problems.push(`which QoS policies no port needs any more is not known: ${rightsText(error)}`);
        return [];
      });
      for (const id of new Set([...left, ...more])) {
        try {
          // In use is what it answers for one that a port has: this run's, or another's by now.
          const path = `/qos/policies/${id}`;
          await cloud.call({ service: 'network', method: 'DELETE', path, accept: [404, 409] });
        } catch (error) {
          if (!(error instanceof CloudError)) throw error;
          problems.push(`a QoS policy that no port needs any more was left: ${rightsText(error)}`);
        }
      }
      left.clear();
      ensured.clear();
      policies.forget();
      return problems;
    },
  };
}

const DONE: EnforcerOutcome = { kind: 'ok', error: '' };

/** Whether what was sent may have been done all the same. */
const isDoubtful = ({ code, status }: CloudError): boolean =>
  ['unreachable', 'timeout', 'malformed', 'aborted'].includes(code) || (status ?? 0) >= 500;

/** The same one for all runs, where two runs have made it at the same time. */
function oneNamed(name: string, other: string | null, all: ReadonlyMap<string, QosPolicy>): QosPolicy | null {
  const own = [...all.values()].filter((one) => one.own && one.name === name && one.id !== other);
  return own.toSorted((a, b) => (a.id < b.id ? -1 : 1))[0] ?? null;
}

/** A value that is asked for at most once in so many milliseconds. */
function kept<T>(forMs: number, ask: () => Promise<T>): { get: () => Promise<T>; forget: () => void } {
  let held: { readonly at: number; readonly value: Promise<T> } | null = null;
  return {
    get: () => {
      if (held === null || performance.now() - held.at > forMs) {
        const value = ask();
        const own = { at: performance.now(), value };
        held = own;
        value.catch(() => {
          if (held === own) held = null;
        });
      }
      return held.value;
    },
    forget: () => {
      held = null;
    },
  };
}
