import type { CauseKind } from '../model/cause.ts';
import type { Change } from '../model/change.ts';
import type { Chain } from './heard_of.ts';

/**
 * The cause of a difference with what was heard of its VM. Two looks alone do not tell a VM that has arrived from a new
 * one, a NIC that was plugged in from one that no rule named, and a rebuild from a hand where no metadata says so.
 */
export function withEvents(change: Change, chain: Chain | null): Change {
  const { cause } = change;
  if (cause === undefined || chain === null) return change;
  const kind = kindOf(chain.words);
  if (kind === null || !mayReplace(cause.kind, kind)) return change;
  const detail = [...(kind === cause.kind ? [cause.detail ?? []].flat() : []), chain.words.join(', ')].join(
    '; ',
  );
  const { also: _, ...told } = cause;
  return {
    ...change,
    cause: kind === cause.kind ? { ...told, detail } : { kind, text: TEXTS[kind], detail },
  };
}

type Told = 'moved' | 'rebuilt' | 'restarted' | 'started' | 'newVm' | 'newPart';

/** By what libvirt 9.0.0 and Nova were seen to raise (Defined Added, Resumed Unpaused, Started Booted, …). */
function kindOf(words: readonly string[]): Told | null {
  const has = (pattern: RegExp): boolean => words.some((word) => pattern.test(word));
  if (has(/^(Started|Resumed) Migrated/)) return 'moved';
  if (has(/^Undefined/) && has(/^Defined/)) return 'rebuilt';
  if (has(/^Defined Added/)) return 'newVm';
  // A definition that is made anew and not started is somebody's editor.
  if (has(/^Defined/) && has(/^Started/)) return 'rebuilt';
  if (has(/^Started Restored/)) return 'started';
  if (has(/^Started/)) return 'restarted';
  return has(/^device-added/) ? 'newPart' : null;
}

const TEXTS: Readonly<Record<Told, string>> = {
  moved: 'its VM was moved here from another host',
  rebuilt: 'the XML of its VM was made anew',
  restarted: 'lost by a restart of its VM',
  started: 'its VM was restored from its saved image',
  newVm: 'a new VM',
  newPart: 'plugged in while its VM runs',
};

/** What two looks tell for certain stays. */
function mayReplace(cause: CauseKind, by: Told): boolean {
  if (cause === by) return true;
  if (by === 'newPart') return cause === 'unknown';
  return ['unknown', 'newVm', 'changedByHand', 'restarted', 'started'].includes(cause);
}
