import type { Event } from '../libvirt/watch_script.ts';

/** Nova makes a VM anew within seconds; what was heard before that is another story. Milliseconds. */
const TOGETHER_MS = 60_000;

/** More are no chain of one thing that happened, but a host that is told lies or a VM in a loop. */
const [MOST_WORDS, MOST_VMS] = [20, 2_000];

/** What was heard of a VM lately, oldest first, the same word once in a row. */
export interface Chain {
  readonly words: readonly string[];
  readonly last: { readonly word: string; readonly name: string; readonly at: number };
}

/** The events of a hypervisor's VMs by name, as far as they still can tell why something was lost. */
export interface HeardOf {
  /** @param at milliseconds of the clock of all looks */
  readonly hear: (event: Event, at: number) => void;
  /** What was heard of a VM and has explained nothing yet; null for nothing. */
  readonly newsOf: (name: string) => Chain | null;
  /** Of these VMs all was found as declared, by a look that began then: what was heard before is explained. */
  readonly right: (names: Iterable<string>, began: number) => void;
  /** These have been made as declared, and were read back then. */
  readonly set: (names: Iterable<string>, readBackAt: number) => void;
}

/**
 * Names are what libvirt prints, so that somebody may have called a VM like another one: a chain labels what was done,
 * and decides nothing.
 */
export function heardOf(): HeardOf {
  const chains = new Map<string, Chain & { readonly isTold: boolean }>();
  return {
    hear: ({ name, word }, at) => {
      const old = chains.get(name);
      const before = old === undefined || old.last.at + TOGETHER_MS < at ? [] : old.words;
      const words = before.at(-1) === word ? before : [...before, word].slice(-MOST_WORDS);
      chains.delete(name);
      chains.set(name, { words, last: { word, name, at }, isTold: false });
      for (const [first] of chains) {
        if (chains.size <= MOST_VMS) break;
        chains.delete(first);
      }
    },
    newsOf: (name) => {
      const chain = chains.get(name);
      return chain === undefined || chain.isTold ? null : chain;
    },
    right: (names, began) => {
      for (const name of names) if (isBefore(began, chains.get(name))) chains.delete(name);
      for (const [name, { last }] of chains) if (last.at + TOGETHER_MS < began) chains.delete(name);
    },
    set: (names, readBackAt) => {
      for (const name of names) {
        const chain = chains.get(name);
        // A rebuild loses the configuration and then what is in force: the second part may be heard yet.
        if (isBefore(readBackAt, chain)) chains.set(name, { ...chain, isTold: true });
      }
    },
  };
}

const isBefore = (at: number, chain: Chain | undefined): chain is Chain =>
  chain !== undefined && chain.last.at < at;
