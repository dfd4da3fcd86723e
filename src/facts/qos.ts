/** What Neutron's QoS limits, in Neutron's own units: kbit/s of 1000 bit/s, and kbit of 1000 bits of burst. */
export interface QosRate {
  readonly rate: number;
  /** null: what the agent takes where none is given. */
  readonly burst: number | null;
}

/** Seen from the VM, as all limits here: Neutron's ingress is what it receives. */
export interface QosLimits {
  readonly inbound: QosRate | null;
  readonly outbound: QosRate | null;
}

/** A QoS policy as it was read. */
export interface QosPolicy {
  readonly id: string;
  readonly name: string;
  /** Made by virtune, and limits what its name says or once did. */
  readonly own: boolean;
  /** null where this login may not see its rules. */
  readonly limits: QosLimits | null;
  /** Types of its rules that are no limits of bandwidth: `dscp_marking`. */
  readonly others: readonly string[];
}

/** What Neutron has of a port. */
export interface PortState {
  readonly id: string;
  /** UUID of the server. */
  readonly server: string;
  readonly mac: string;
  /** Of the port itself. */
  readonly policy: QosPolicy | null;
  /** Of its network: it holds where the port has none itself. */
  readonly ofNetwork: QosPolicy | null;
  /** Why a policy would limit nothing there; absent where nothing is known to be in the way. */
  readonly idle?: string;
  /** It is not known whether the agent there limits at all. */
  readonly unseenAgent?: true;
  /** Names of all policies of virtune's that there are. */
  readonly known: readonly string[];
}

/** Of virtune's own policies, which have the tag as well. */
export const OWN_TAG = 'virtune';

const NAME =
  /^virtune-(?:unlimited|(?:in-([1-9]\d{0,9})(?:-([1-9]\d{0,9}))?)?-?(?:out-([1-9]\d{0,9})(?:-([1-9]\d{0,9}))?)?)$/;

/** The name of the policy with these limits: the same limits have one policy, whatever NICs have them. */
export function policyName({ inbound, outbound }: QosLimits): string {
  const part = (word: string, limit: QosRate | null) =>
    limit === null ? [] : [word, String(limit.rate), ...(limit.burst === null ? [] : [String(limit.burst)])];
  const words = [...part('in', inbound), ...part('out', outbound)];
  return ['virtune', ...(words.length === 0 ? ['unlimited'] : words)].join('-');
}

/** What a policy of virtune's limits, by its name; null for any other name. */
export function limitsOfName(name: string): QosLimits | null {
  const found = NAME.exec(name);
  if (found === null) return null;
  const limit = (rate: string | undefined, burst: string | undefined): QosRate | null =>
    rate === undefined ? null : { rate: Number(rate), burst: burst === undefined ? null : Number(burst) };
  const limits = { inbound: limit(found[1], found[2]), outbound: limit(found[3], found[4]) };
  // Other spellings of the same are none of virtune's.
  return policyName(limits) === name ? limits : null;
}

export function sameQos(a: QosLimits, b: QosLimits): boolean {
  return policyName(a) === policyName(b);
}
