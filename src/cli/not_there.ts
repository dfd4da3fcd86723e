import { didYouMeanHint } from '../base/suggest.ts';
import { plural } from '../base/text.ts';
import type { Subject } from '../model/change.ts';
import { type InputError, inputError } from '../model/diagnostic.ts';
import type { HostFacts } from '../model/facts.ts';
import { MODULES } from '../modules/index.ts';
import type { AnyModule, SubjectChoice } from '../modules/module.ts';

/** What is said of a VM, or of a part of one, that a command names and a host does not have. */

/** A UUID before a name, as virsh takes it. @throws InputError with the name that was perhaps meant */
export function findDomain(host: string, domain: string, { domains }: HostFacts): string {
  const found =
    domains.find(({ uuid }) => uuid === domain.toLowerCase()) ?? domains.find(({ name }) => name === domain);
  if (found !== undefined) return found.uuid;
  const names = domains.map(({ name }) => name);
  throw inputError(
    `${host} has no VM "${domain}"`,
    /[*?[]/.test(domain)
      ? 'a name is taken as it is written; what is for several VMs goes into a rule of a playbook'
      : (didYouMeanHint(domain, names) ?? `virtune show ${host} lists its VMs`),
  );
}

/** A word of the command line that names parts of a VM: `--nic 2`. */
export interface Chosen {
  readonly module: AnyModule;
  readonly word: string;
  readonly names: (subject: Subject) => boolean;
}

const withChoice = MODULES.flatMap((module) =>
  module.choice === undefined ? [] : [[module, module.choice] as const],
);

/** What options of a command name. @throws InputError for a word that can name nothing */
export function chosenOf(options: object): readonly Chosen[] {
  return withChoice.flatMap(([module, choice]: readonly [AnyModule, SubjectChoice]) => {
    const word: unknown = Reflect.get(options, choice.key);
    return typeof word === 'string' ? [{ module, word, names: choice.names(word) }] : [];
  });
}

/** `the VM "web-01" has no NIC 3; it has 2 NICs: nic 1, nic 2` */
export function noSubject(
  domain: string,
  chosen: readonly Chosen[],
  facts: HostFacts,
  uuid: string,
): InputError {
  if (chosen.length === 0) return inputError(`the VM "${domain}" has no part that could be limited`);
  const words = chosen.map(({ module: { words: named }, word }) =>
    word === 'all' ? named.many : `${named.one} ${word}`,
  );
  const has = chosen.map(({ module: { find, words: named } }) => {
    const subjects = find(facts).filter((one) => one.domain.uuid === uuid);
    const labels = subjects.map(({ subject }) => subject.label).join(', ');
    return subjects.length === 0
      ? `no ${named.many}`
      : `${plural(subjects.length, named.one, named.many)}: ${labels}`;
  });
  return inputError(`the VM "${domain}" has no ${words.join(' and no ')}`, `it has ${has.join('; ')}`);
}
