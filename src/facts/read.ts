import type { HostAnswer, ListedState } from '../libvirt/answer.ts';
import type { Described } from '../libvirt/descriptions.ts';
import { UNKNOWN_DEVICE } from '../libvirt/devices.ts';
import type { KernelWord } from '../libvirt/kernel_script.ts';
import { attribute, child, type Element, text, XmlError } from '../libvirt/xml.ts';
import type { Domain, HostFacts, Part } from '../model/facts.ts';
import type { DomainFact, Fact } from './fact.ts';

/** What every domain is read for, whatever else is asked. */
const IDENTITY = ['domain/name', 'domain/uuid', 'domain/title'];

/** What a host is to keep of its descriptions for these facts. */
export function keepPaths(facts: readonly Fact[]): readonly string[] {
  return [...new Set([...IDENTITY, ...facts.flatMap((fact) => ('keep' in fact ? fact.keep : []))])];
}

/** Which of its paths a host is to look at for these facts. */
export function devicePaths(facts: readonly Fact[]): readonly string[] {
  return [...new Set(facts.flatMap((fact) => (fact.of === 'device' ? [fact.path] : [])))];
}

/** What a host is to tell of its kernel for these facts. */
export function kernelWords(facts: readonly Fact[]): readonly KernelWord[] {
  return [...new Set(facts.flatMap((fact) => (fact.of === 'kernel' ? fact.words : [])))];
}

/** The facts that are asked for, from an answer of a host. A domain that cannot be understood is unreadable. */
export function hostFacts(answer: HostAnswer, facts: readonly Fact[]): HostFacts {
  const domains: Domain[] = [];
  const unreadable = [...answer.unreadable];
  for (const described of answer.described) {
    try {
      domains.push(toDomain(described, described.listed, facts));
    } catch (error) {
      if (!(error instanceof XmlError)) throw error;
      const { uuid } = described;
      unreadable.push({ uuid, name: answer.names.get(uuid) ?? '', error: error.message });
    }
  }
  const parts = facts.flatMap((fact): [string, unknown][] => {
    if (fact.of === 'kernel') return [[fact.name, fact.parse(answer.kernel.get(fact.name) ?? null)]];
    if (fact.of === 'device') return [[fact.name, answer.devices.get(fact.path) ?? UNKNOWN_DEVICE]];
    return fact.of === 'network' ? [[fact.name, answer.networks.map((network) => fact.parse(network))]] : [];
  });
  const { notRead, trials } = answer;
  return {
    domains,
    unreadable,
    ...(notRead === 0 ? {} : { notRead }),
    ...(trials.length === 0 ? {} : { trials }),
    parts: Object.fromEntries(parts),
  };
}

/**
 * One domain, from its two descriptions.
 * @param before what was read earlier, for the facts that last
 * @throws XmlError
 */
export function toDomain(
  { uuid, live, config, text: described, count }: Omit<Described, 'listed'>,
  listed: ListedState,
  facts: readonly Fact[],
  before?: Domain,
): Domain {
  // libvirt prints `id` for active domains only.
  const id = attribute(live, 'id');
  const active = id !== '';
  const parts = facts.flatMap((fact): [string, Part][] => {
    if (fact.of !== 'domain') return [];
    const lasting = fact.lasting && before?.parts[fact.name];
    return [
      [fact.name, lasting || partOf(fact, active ? live : null, listed.persistent ? config : null, count)],
    ];
  });
  return {
    uuid,
    name: text(child(live, 'name')),
    title: text(child(live, 'title')).trim(),
    state: active ? (listed.state === 'shutoff' ? 'running' : listed.state) : 'shutoff',
    ...(active && Number.isInteger(Number(id)) ? { id: Number(id) } : {}),
    persistent: listed.persistent,
    managedSave: listed.managedSave,
    text: described,
    parts: Object.fromEntries(parts),
  };
}

function partOf<T>(
  fact: DomainFact<T>,
  live: Element | null,
  config: Element | null,
  count: Described['count'],
): Part<T> {
  const read = (side: 'live' | 'config', element: Element | null): T | null => {
    if (element === null) return null;
    const value = fact.parse(element);
    if (fact.recount !== undefined && count[side] !== undefined) fact.recount(value, count[side]);
    return value;
  };
  return { live: read('live', live), config: read('config', config) };
}
