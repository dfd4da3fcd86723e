import { compileGlob, isGlob } from '../../base/glob.ts';
import type { Domain } from '../../model/facts.ts';
import type { DomainSelector } from './rule.ts';

type Named = Pick<Domain, 'name' | 'uuid'>;

/** Words of VMs as users write them: names (globs), UUIDs, with a leading `!` for those that are not meant. */
export function toDomainSelector(words: readonly string[]): DomainSelector {
  return {
    include: words.filter((word) => !word.startsWith('!')),
    exclude: words.filter((word) => word.startsWith('!')).map((word) => word.slice(1)),
    literal: false,
  };
}

/** Whether such words mean a VM, prepared once for all VMs of a fleet. */
export function namesDomain(words: readonly string[]): (domain: Named) => boolean {
  return compileSelector(toDomainSelector(words));
}

export function compileSelector({ include, exclude, literal }: DomainSelector): (domain: Named) => boolean {
  const [meant, not] = [compileWords(include, literal), compileWords(exclude, literal)];
  return (domain) => (include.length === 0 || meant(domain)) && !not(domain);
}

function compileWords(words: readonly string[], literal: boolean): (domain: Named) => boolean {
  const names = new Set(words.filter((word) => literal || !isGlob(word)));
  const uuids = new Set(words.map((word) => word.toLowerCase()));
  const globs = words.filter((word) => !names.has(word)).map(compileGlob);
  return ({ name, uuid }) => names.has(name) || uuids.has(uuid) || globs.some((glob) => glob(name));
}
