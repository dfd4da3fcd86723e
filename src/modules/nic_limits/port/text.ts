import { DIRECTIONS, type Direction } from '../../../facts/bandwidth.ts';
import type { QosRate } from '../../../facts/qos.ts';
import type { Change, Value, Values } from '../../../model/change.ts';
import type { GroupWords } from '../../shared/group_words.ts';
import { desiredRate, PORT_POLICY, PORT_SETTINGS } from './settings.ts';

const VERB: Readonly<Record<Direction, string>> = { inbound: 'receives', outbound: 'sends' };

/** What people read of what Neutron limits. */
export const PORT_GROUPS: readonly GroupWords[] = [
  ...DIRECTIONS.map(wordsOf),
  {
    name: 'port_policy',
    settings: [PORT_POLICY],
    title: "Neutron's policy",
    sentence: (values) => `has ${policyText(values[PORT_POLICY])} in Neutron`,
    short: (values) => policyText(values[PORT_POLICY]),
    numbers: (values) => policyText(values[PORT_POLICY]),
    words: (values) => `--qos-policy ${values[PORT_POLICY] ?? 'none'}`,
  },
];

function policyText(value: Value | undefined): string {
  if (value === null || value === undefined) return 'none';
  const text = String(value);
  return text.startsWith('network:') ? `its network's ${text.slice('network:'.length)}` : text;
}

function wordsOf(direction: Direction): GroupWords {
  const rateOf = (values: Values) => desiredRate(values, direction) ?? null;
  const way = direction === 'inbound' ? '--ingress' : '--egress';
  return {
    name: `port_${direction}`,
    settings: PORT_SETTINGS.map(({ name }) => name).filter((name) => name.startsWith(`port_${direction}.`)),
    title: `${VERB[direction]} (Neutron)`,
    sentence: (values) => {
      const rate = rateOf(values);
      return rate === null
        ? `${VERB[direction]} without limit of Neutron`
        : `${VERB[direction]} at most ${rateText(rate)} by Neutron`;
    },
    short: (values) => rateText(rateOf(values)),
    numbers: (values) => {
      const rate = rateOf(values);
      return rate === null
        ? 'unlimited'
        : `${rate.rate}${rate.burst === null ? '' : `,${rate.burst}`} (${rateText(rate)})`;
    },
    words: (values) => {
      const rate = rateOf(values);
      return rate === null ? `${way} none` : `${way} --max-kbps ${rate.rate}`;
    },
  };
}

function rateText(rate: QosRate | null): string {
  if (rate === null) return 'unlimited';
  const text = `${scaled(rate.rate)}bit/s`;
  return rate.burst === null ? text : `${text}, burst ${scaled(rate.burst)}bit`;
}

/** Of thousands of bits: exact. */
function scaled(kilobits: number): string {
  if (kilobits >= 1_000_000 && kilobits % 1000 === 0) return `${kilobits / 1_000_000} G`;
  return kilobits >= 1000 ? `${kilobits / 1000} M` : `${kilobits} k`;
}

/** Whether a change is about what Neutron limits. */
export function isByPort({ settings }: Change): boolean {
  return settings.some(({ name, desired }) => name.startsWith('port_') && Object.keys(desired).length > 0);
}
