import type { Desired } from '../../model/change.ts';
import {
  type KernelDrift,
  type KernelState,
  kernelLack,
  type Value,
  type Values,
} from '../../model/change.ts';
import type { Found } from '../module.ts';

/** One limit: what libvirt describes of a running VM, beside what holds it; null is none. */
export interface LimitInForce {
  /** What is limited, as a sentence begins: `per vCPU`. */
  readonly what: string;
  readonly described: Values;
  /** In the same settings; undefined where the host does not have the file. */
  readonly found: Values | undefined;
  /** How it is said; of null what stands for no limit. */
  readonly say: (values: Values) => string;
  /** Whether two values are the same to the kernel. */
  readonly same?: (name: string, described: Value, found: Value) => boolean;
}

/** What is done with a subject, by all of its limits. @param by who does it */
export function stateInForce(limits: readonly LimitInForce[], by = 'the kernel'): KernelState {
  const lacking = limits.find(({ described, found }) => found === undefined && !isNone(described));
  if (lacking !== undefined)
    return { values: null, drift: [], unknown: `the host does not tell what holds ${lacking.what}` };
  return {
    values: Object.assign({}, ...limits.map((limit) => shown(limit))),
    drift: limits.flatMap((limit) => driftOf(limit, by)),
  };
}

export const notKnown = (unknown: string): KernelState => ({ values: null, drift: [], unknown });

const isNone = (values: Values): boolean => Object.values(values).every((value) => value === null);

const equal: NonNullable<LimitInForce['same']> = (_, described, found) => described === found;

const isSame = ({ described, found = described, same = equal }: LimitInForce): boolean =>
  Object.entries(described).every(([name, value]) => same(name, value, found[name] ?? null));

/** Where both are the same to the kernel, what is described: the kernel may round. */
function shown(limit: LimitInForce): Values {
  return isSame(limit) ? limit.described : (limit.found ?? limit.described);
}

function driftOf(limit: LimitInForce, by: string): readonly KernelDrift[] {
  const { what, described, found, say } = limit;
  if (found === undefined || isSame(limit)) return [];
  const drift = (kind: KernelDrift['kind'], text: string): KernelDrift[] => [
    { kind, settings: Object.keys(described), text: `${what}: ${text}` },
  ];
  if (isNone(found)) return drift('missing', `${by} limits nothing; libvirt describes ${say(described)}`);
  const limits = `${by} limits to ${say(found)}`;
  if (isNone(described)) return drift('leftover', `${limits}, which libvirt does not describe`);
  return drift('differs', `${limits}; libvirt describes ${say(described)}`);
}

/** Whether what is desired of what runs is to be set again, since the kernel does not do it. */
export function kernelLacks({ kernel }: Found, desired: Desired, asked: boolean): boolean {
  return asked && kernel !== undefined && kernelLack(kernel, desired.live).length > 0;
}
