import type { KernelFact } from './fact.ts';
import { parseTcRate, parseTcSize, type TcRate } from './tc_numbers.ts';

/** What tc shows of the devices of a host's NICs, or why that is not known. */
export type TcState =
  | {
      readonly devices: ReadonlyMap<string, TcDevice>;
      /** When counters were read, in seconds by the host's clock; 0 where they were not. */
      readonly at: number;
      readonly unknown?: undefined;
    }
  | { readonly unknown: string };

export interface TcDevice {
  /** The device's own MAC, lower case; '' where the host did not tell. */
  readonly mac: string;
  readonly qdiscs: readonly Qdisc[];
  readonly classes: readonly HtbClass[];
  readonly filters: readonly IngressFilter[];
}

export interface Qdisc {
  readonly kind: string;
  /** `1:`; `0:` where the system made it. */
  readonly handle: string;
  /** `root`, or the class or hook that it hangs on. */
  readonly parent: string;
  /** The class that htb takes where no filter says one: 1 where libvirt has set it; absent with other kinds. */
  readonly fallback?: number;
  /** Of tbf, which has no classes. */
  readonly rate?: TcRate;
}

export interface HtbClass {
  readonly id: string;
  /** `root`, or the class above. */
  readonly parent: string;
  readonly rate: TcRate;
  readonly ceil: TcRate;
  /** Bytes. */
  readonly burst: number;
  readonly counters?: TcCounters | undefined;
}

export interface IngressFilter {
  readonly kind: string;
  /** It looks at nothing of a packet: u32 with a match of nothing, matchall. */
  readonly all: boolean;
  readonly police: Police | null;
}

export interface Police {
  readonly rate: TcRate;
  readonly burst: number;
  readonly counters?: TcCounters | undefined;
}

/** Since the queue or policer was made. */
export interface TcCounters {
  readonly bytes: number;
  readonly packets: number;
  readonly dropped: number;
  readonly overlimits: number;
}

/** Queues, classes and policers of NICs' devices. */
export const tcFact: KernelFact<TcState> = { of: 'kernel', name: 'tc', words: ['tc'], parse: parseTc };

/** The same with what each has let through. */
export const trafficFact: KernelFact<TcState> = { ...tcFact, words: ['tc', 'counters'] };

/** The section that libvirt/kernel_script.ts describes. */
export function parseTc(said: string | null): TcState {
  if (said === null)
    return { unknown: 'libvirt is reached by a URI of another host, whose tc was not asked' };
  const [how = '', ...lines] = said.split('\n');
  if (how === 'absent') return { unknown: 'tc was not found on the host' };
  if (how !== 'ok') return { unknown: `tc did not answer: ${lines.join(' ').trim().slice(0, 200) || how}` };
  const devices = new Map<string, Building>();
  const device = (name: string): Building => {
    const known = devices.get(name) ?? { mac: '', qdiscs: [], classes: [], filters: [] };
    devices.set(name, known);
    return known;
  };
  let current: Building | null = null;
  let at = 0;
  for (const line of lines) {
    const words = line.trim().split(/\s+/);
    switch (words[0]) {
      case 'qdisc': {
        const [, kind = '', handle = '', , name = '', parent = '', of = ''] = words;
        const qdisc = { kind, handle, parent: parent === 'parent' ? of : parent };
        const fallback = kind === 'htb' ? { fallback: Number(after(words, 'default')) } : {};
        const rate = kind === 'tbf' ? parseTcRate(after(words, 'rate')) : undefined;
        device(name).qdiscs.push({ ...qdisc, ...fallback, ...(rate === undefined ? {} : { rate }) });
        break;
      }
      case 'link':
        device(words[1] ?? '').mac = (words[2] ?? '').toLowerCase();
        break;
      case 'at':
        at = Number(words[1]) || 0;
        break;
      case 'Object': {
        const name = LABEL.exec(line)?.[1];
        current = name === undefined ? null : device(name);
        break;
      }
      default:
        if (current !== null) readLine(current, words, line);
    }
  }
  return { devices, at };
}

const LABEL = /^Object "@([^"]+)" is unknown/;

interface Building {
  mac: string;
  readonly qdiscs: Qdisc[];
  readonly classes: HtbClass[];
  readonly filters: { kind: string; all: boolean; police: Police | null }[];
}

function readLine(device: Building, words: readonly string[], line: string): void {
  if (words[0] === 'class') {
    const made = classOf(words);
    if (made !== null) device.classes.push(made);
  } else if (words[0] === 'filter') {
    // Two or three lines tell one filter; the last has its handle.
    const kind = KIND.exec(line)?.[1] ?? '';
    if (HANDLE.test(line)) device.filters.push({ kind, all: kind === 'matchall', police: null });
  } else if (words[0] === 'match') {
    const filter = device.filters.at(-1);
    if (filter !== undefined) filter.all = words[1] === '00000000/00000000';
  } else if (words[0] === 'Sent') countersOf(device, words);
  else if (words.includes('police')) {
    const filter = device.filters.at(-1);
    const [rate, burst] = [parseTcRate(after(words, 'rate')), parseTcSize(after(words, 'burst'))];
    if (filter !== undefined && rate !== undefined) filter.police = { rate, burst: burst ?? 0 };
  }
}

/** `filter parent ffff: protocol all pref 49152 u32 chain 0 fh 800::800 order 2048 …`, `… matchall chain 0 handle 0x1` */
const KIND = / pref \d+ (\S+)/;
const HANDLE = / (?:fh \S+::\S+|handle 0x\S+)/;

const after = (words: readonly string[], word: string): string => words[words.indexOf(word) + 1] ?? '';

/** `class htb 1:1 root leaf 2: prio 0 rate 8Mbit ceil 16Mbit burst 500Kb cburst 1600b` */
function classOf(words: readonly string[]): HtbClass | null {
  const [rate, ceil] = [parseTcRate(after(words, 'rate')), parseTcRate(after(words, 'ceil'))];
  if (words[1] !== 'htb' || rate === undefined || ceil === undefined) return null;
  const parent = words[3] === 'parent' ? (words[4] ?? '') : (words[3] ?? '');
  return { id: words[2] ?? '', parent, rate, ceil, burst: parseTcSize(after(words, 'burst')) ?? 0 };
}

/** `Sent 0 bytes 0 pkt (dropped 0, overlimits 0 requeues 0)`, of what came last */
function countersOf(device: Building, words: readonly string[]): void {
  const numbers = words.map((word) => Number.parseInt(word.replace('(', ''), 10));
  const of = (word: string) => numbers[words.findIndex((one) => one.includes(word)) + 1] || 0;
  const counters = {
    bytes: numbers[1] || 0,
    packets: numbers[3] || 0,
    dropped: of('dropped'),
    overlimits: of('overlimits'),
  };
  const filter = device.filters.at(-1);
  if (filter !== undefined) {
    if (filter.police !== null) filter.police = { ...filter.police, counters };
    return;
  }
  const last = device.classes.pop();
  if (last !== undefined) device.classes.push({ ...last, counters });
}
