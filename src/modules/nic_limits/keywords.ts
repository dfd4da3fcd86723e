import { parseRate, parseSize, parseUplink } from '../../base/units.ts';
import { MAC, NIC_TYPES, normaliseMac } from '../../facts/nics.ts';
import type { CustomKeyword } from '../../schema/schema.ts';
import { timedFrom } from '../selectors/quotas.ts';
import { namesNoVm } from '../selectors/schema.ts';

/** What JSON Schema cannot express of the arguments (schema.ts). */

type Verdict = ReturnType<CustomKeyword['check']>;

const quantity = (parse: typeof parseRate) => (value: unknown) => {
  const parsed = parse(value);
  return parsed.ok ? null : parsed;
};

const has = (value: unknown, key: string): boolean => Object.hasOwn(value as object, key);

const checks: Readonly<Record<string, (value: unknown) => Verdict>> = {
  virtuneRate: quantity(parseRate),
  virtuneSize: quantity(parseSize),
  virtuneUplink: quantity(parseUplink),
  virtuneLimit: (value) => (value === 'unlimited' ? null : quantity(parseRate)(value)),
  virtuneMac: macVerdict,
  virtuneNicWord: nicWordVerdict,
  virtuneDirection: (value) => {
    if (has(value, 'average')) return null;
    if (has(value, 'peak') || has(value, 'burst')) {
      return {
        message: 'peak and burst require an average',
        hint: 'libvirt would store them and the VM would not start',
      };
    }
    return null;
  },
  virtuneRule: ruleVerdict,
};

/** Conditions that JSON Schema cannot express. */
export const nicLimitsKeywords: readonly CustomKeyword[] = Object.entries(checks).map(([keyword, check]) => ({
  keyword,
  check,
}));

function macVerdict(value: unknown): Verdict {
  if (typeof value !== 'string') return null;
  const mac = normaliseMac(value);
  if (!MAC.test(mac))
    return {
      message: `"${value}" is not a MAC address`,
      hint: 'write six pairs with colons: "52:54:00:12:34:56"',
    };
  // libvirt: "expected unicast mac address, found multicast".
  if (Number.parseInt(mac.slice(0, 2), 16) % 2 === 1)
    return {
      message: `"${value}" cannot be the MAC of a NIC: it is a multicast address`,
      hint: 'is the second digit right? It is even in the MACs of NICs',
    };
  return null;
}

/** A word in the place of a NIC is mostly a condition without its name. */
function nicWordVerdict(value: unknown): Verdict {
  if (typeof value !== 'string' || value === 'all') return null;
  const message = `"nic" must be "all", a position or conditions, found "${value}"`;
  const condition = conditionFor(value.trim());
  if (condition !== null) return { message, hint: `write nic: ${condition}` };
  return { message, hint: 'write e.g. nic: 2 (a position), nic: { mac: … }, { target: … } or { bridge: … }' };
}

function conditionFor(word: string): string | null {
  if (/^\d+$/.test(word)) return `${Number(word)}, without quotes`;
  if (MAC.test(normaliseMac(word))) return `{ mac: "${word}" }`;
  if (NIC_TYPES.includes(word.replace(/^!/, '')))
    return `{ type: ${word.startsWith('!') ? `"${word}"` : word} }`;
  if (/^(?:vnet|tap|macvtap|veth|qvo|vif)[\w.-]*\d/.test(word)) return `{ target: ${word} }`;
  if (/^(?:br|virbr|ovs|vmbr|qbr)[\w.-]*$/.test(word)) return `{ bridge: ${word} }`;
  return /^(?:virtio|e1000e?|rtl8139)$/.test(word) ? `{ model: ${word} }` : null;
}

/** What a NIC is in or has of its own; a position, a model or an alias is there in every VM. */
const NAMING = ['mac', 'target', 'bridge', 'network', 'portgroup', 'port', 'fixed_ip'];

function namesNic(value: object): boolean {
  const { nic } = value as { nic?: unknown };
  return typeof nic === 'object' && nic !== null && NAMING.some((key) => has(nic, key));
}

function ruleVerdict(value: unknown): Verdict {
  if (typeof value !== 'object' || value === null) return null;
  const nameless = namesNic(value) ? null : namesNoVm(value);
  if (nameless !== null) return nameless;
  if (has(value, 'inbound') && has(value, 'download'))
    return 'inbound and download are the same: give one of them';
  if (has(value, 'outbound') && has(value, 'upload'))
    return 'outbound and upload are the same: give one of them';
  const directions = ['inbound', 'outbound', 'download', 'upload'].filter((key) => has(value, key));
  if (has(value, 'rate') && directions.length > 0) {
    return {
      message: `rate sets both directions, so it cannot stand beside ${directions[0]}`,
      hint: 'give one or the other',
    };
  }
  if (has(value, 'from')) return fromVerdict(value, has(value, 'rate') ? 'rate' : directions[0]);
  if (has(value, 'at_most'))
    return { message: 'at_most is about limits from metadata or tags', hint: 'give "from", or leave it out' };
  if (!has(value, 'rate') && directions.length === 0) {
    return { message: 'the rule sets nothing', hint: 'give rate, inbound or outbound' };
  }
  return null;
}

/** @param limit what the rule sets itself, if anything */
function fromVerdict(rule: object, limit: string | undefined): Verdict {
  const { from } = rule as { readonly from?: unknown };
  const timed = timedFrom(rule);
  if (timed !== null) return timed;
  if (limit !== undefined)
    return {
      message: `the limits come from the ${from}, so ${limit} cannot stand beside it`,
      hint: 'give one or the other',
    };
  const byOwner = from === 'metadata' || from === 'tags';
  if (byOwner && !has(rule, 'at_most'))
    return {
      message: `whoever may change a server may write its ${from}: the rule must say how much they may ask for`,
      hint: 'give at_most, e.g. at_most: 1 Gbit/s',
    };
  return !byOwner && has(rule, 'at_most')
    ? { message: 'at_most is about metadata and tags, which owners of servers write', hint: 'leave it out' }
    : null;
}
