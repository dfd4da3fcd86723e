import { MAC, normaliseMac } from '../../facts/nics.ts';
import { inputError } from '../../model/diagnostic.ts';
import type { SetCapability, SubjectChoice } from '../module.ts';

/** `--nic 2` */
export const nicChoice: SubjectChoice = {
  option: {
    flags: '--nic <which>',
    description: '1-based position as in `virsh domiflist`, a MAC, or all',
  },
  key: 'nic',
  names: (word) => {
    if (word === 'all') return () => true;
    if (/^[1-9]\d*$/.test(word)) return ({ index }) => index === Number(word);
    const mac = normaliseMac(word);
    if (MAC.test(mac)) return (subject) => subject.mac === mac;
    const hint = 'give a position from 1, as in `virsh domiflist`, a MAC, or all';
    throw inputError(`--nic ${word.trim() === '' ? '""' : word} names no NIC`, hint);
  },
};

/** `virtune set HOST DOMAIN --nic 1 --rate 10MB/s`. */
export const setNic: SetCapability = {
  examples: [
    ['both ways of the first NIC; what would be done', '--nic 1 --rate 100Mbit/s --check'],
    ['what the VM sends, in the running VM only', '--nic 1 --outbound 50Mbit/s --apply-to live'],
    ['without limit again', '--nic 1 --rate unlimited'],
  ],
  options: [
    { flags: '--rate <rate>', description: 'average, peak and burst of both directions, e.g. 10MB/s' },
    {
      flags: '--inbound <limit>',
      description: 'what the VM receives: RATE, AVERAGE,PEAK,BURST[,FLOOR] or unlimited',
    },
    {
      flags: '--outbound <limit>',
      description: 'what the VM sends: RATE, AVERAGE,PEAK,BURST or unlimited',
    },
  ],
  rule: toRule,
  task: {
    options: [
      {
        flags: '--neutron-qos <how>',
        description: 'override: set a NIC that a QoS policy of Neutron limits, too',
      },
    ],
    args: ({ neutronQos }) => (neutronQos === undefined ? {} : { neutron_qos: neutronQos }),
  },
};

function toRule(
  options: Readonly<Record<string, string | undefined>>,
): Readonly<Record<string, unknown>> | null {
  const { nic, rate, inbound, outbound } = options;
  if (nic === undefined && rate === undefined && inbound === undefined && outbound === undefined) return null;
  if (nic === undefined)
    throw inputError('--rate, --inbound and --outbound need --nic', 'give a position, a MAC, or all');
  if (rate !== undefined && (inbound !== undefined || outbound !== undefined)) {
    const other = inbound === undefined ? '--outbound' : '--inbound';
    throw inputError(`--rate is for both ways, and cannot stand beside ${other}`, 'give one or the other');
  }
  return {
    nic: /^\d+$/.test(nic) ? Number(nic) : nic.includes(':') ? { mac: nic } : nic,
    ...(rate === undefined ? {} : { rate: bare(rate) }),
    ...(inbound === undefined ? {} : { inbound: toLimit(inbound) }),
    ...(outbound === undefined ? {} : { outbound: toLimit(outbound) }),
  };
}

/** `1Gbit/s`, or libvirt's order: `1Gbit/s,2Gbit/s,64MiB`. */
function toLimit(text: string): unknown {
  if (!text.includes(',')) return bare(text);
  const [average, peak, burst, floor, ...more] = text.split(',').map((field) => field.trim());
  if (more.length > 0) {
    throw inputError(`"${text}" has too many fields`, 'average,peak,burst[,floor]');
  }
  const fields = Object.entries({ average, peak, burst, floor }).filter(
    ([, value]) => value !== undefined && value !== '',
  );
  return Object.fromEntries(fields.map(([name, value]) => [name, bare(value as string)]));
}

/** A number without a unit is libvirt's own unit, as in YAML. */
function bare(text: string): string | number {
  return /^\d+$/.test(text) ? Number(text) : text;
}
