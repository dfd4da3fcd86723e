import type { KernelWord } from '../libvirt/kernel_script.ts';
import type { Element } from '../libvirt/xml.ts';
import type { Answer, Question } from '../model/enforcer.ts';
import type { Domain, HostFacts, Part } from '../model/facts.ts';

/**
 * One kind of fact about domains. To add one: a file beside this one with an object of this type; a module that wants
 * it names it among its facts. All facts that the tasks of a visit want are read at once, and nothing else is sent.
 */
export interface DomainFact<T> {
  readonly of: 'domain';
  readonly name: string;
  /** Elements of a description to keep (libvirt/filter_script.ts): `domain/name`, with all that is in it `domain/cputune/`. */
  readonly keep: readonly string[];
  /** Set where no write of virtune's changes it: what was read of it once still holds. */
  readonly lasting?: true;
  /**
   * What one description says.
   * @throws XmlError where it says what libvirt never would
   */
  readonly parse: (domain: Element) => T;
  /**
   * Holds what was read against libvirt's own count of NICs, which comes where a description holds more than elements
   * and text. @throws XmlError where they differ
   */
  readonly recount?: (value: T, nics: number) => void;
}

/** The same of libvirt's networks, which are the host's. */
export interface NetworkFact<T> {
  readonly of: 'network';
  readonly name: string;
  /** As paths below `<network>`: `network/name`. */
  readonly keep: readonly string[];
  /** What one description says. @throws XmlError */
  readonly parse: (network: Element) => T;
}

/** What the host has at a path (libvirt/devices.ts). */
export interface DeviceFact {
  readonly of: 'device';
  readonly name: string;
  readonly path: string;
}

/** What the host's kernel does (libvirt/kernel_script.ts). */
export interface KernelFact<T> {
  readonly of: 'kernel';
  /** Of the section that tells it. */
  readonly name: string;
  readonly words: readonly KernelWord[];
  /** @param said null where the host did not tell, since libvirt is another host's */
  readonly parse: (said: string | null) => T;
}

/** What somebody beside the host's libvirt has (model/enforcer.ts). */
export interface OutsideFact {
  readonly of: 'outside';
  readonly name: string;
  /** Who is asked. */
  readonly via: string;
  readonly question: Question;
}

/** An answer, with what was asked. */
export interface Told {
  readonly question: Question;
  readonly answer: Answer;
}

// biome-ignore lint/suspicious/noExplicitAny: the one place where facts of all types meet
export type Fact = DomainFact<any> | NetworkFact<any> | DeviceFact | KernelFact<any> | OutsideFact;

/** A fact of a domain in both of libvirt's states. @throws TypeError where no task has asked for it: a bug */
export function factOf<T>(domain: Domain, fact: DomainFact<T>): Part<T> {
  const part = domain.parts[fact.name];
  if (part === undefined) throw new TypeError(`nobody asked for the fact "${fact.name}" of ${domain.uuid}`);
  return part as Part<T>;
}

/** What each of the host's networks says. @throws TypeError where no task has asked for it: a bug */
export function networkFactsOf<T>(facts: HostFacts, fact: NetworkFact<T>): readonly T[] {
  const part = facts.parts[fact.name];
  if (part === undefined) throw new TypeError(`nobody asked for the fact "${fact.name}"`);
  return part as readonly T[];
}

/** What the kernel does; null where nobody has asked. */
export function kernelFactOf<T>(facts: HostFacts, fact: KernelFact<T>): T | null {
  return (facts.parts[fact.name] as T | undefined) ?? null;
}

/** Each fact once, by its name. */
export function uniqueFacts(facts: readonly Fact[]): readonly Fact[] {
  return [...new Map(facts.map((fact) => [fact.name, fact])).values()];
}
