import { sharer } from '../base/share.ts';
import type { Change, Setting, Side, Value } from '../model/change.ts';
import { entryOf, type Link } from './chain.ts';
import { type EndEntry, type IntentEntry, type Outcome, outcomeId, type ResultEntry } from './entry.ts';

/** A change that a run has made, or has begun to make. */
export interface Made {
  /**
   * From what the subject had before it to what it was to have. With what became of it where that is recorded; else it
   * is pending: nobody knows whether it was written.
   */
  readonly change: Change;
  readonly isKnown: boolean;
  readonly at: string;
  /** Of the first intent. */
  readonly line: number;
}

/** Puts intents and results together. */
export interface Making {
  readonly hear: (link: Link) => void;
  /** In the order in which they were begun. */
  readonly made: () => readonly Made[];
}

/** Which changes are asked for. */
export interface Wanted {
  readonly is: (change: Change) => boolean;
  /** Some of these stands in each entry that has one, so that others need not be parsed. */
  readonly words: readonly string[];
}

/** @param wanted which changes to keep; all without it */
export function making(wanted: Wanted = { is: () => true, words: [''] }): Making {
  const words = wanted.words.map((word) => JSON.stringify(word).slice(1, -1));
  const share = sharer();
  const all: Made[] = [];
  /** Begun and without a result: its place in `all`. */
  const open = new Map<string, number>();
  const intent = ({ at, changes }: IntentEntry, line: number): void => {
    for (const one of changes.filter(wanted.is)) {
      const change = { ...one, settings: share(one.settings), rules: share(one.rules) };
      const id = idOf(change);
      const place = open.get(id);
      const first = place === undefined ? undefined : all[place];
      if (place !== undefined && first !== undefined) {
        all[place] = { ...first, change: sinceFirst(first.change, change) };
        continue;
      }
      open.set(id, all.length);
      all.push({ change, isKnown: false, at, line });
    }
  };
  const result = ({ outcomes }: ResultEntry): void => {
    for (const outcome of outcomes) {
      const id = outcomeId(outcome);
      const place = open.get(id);
      const begun = place === undefined ? undefined : all[place];
      if (place === undefined || begun === undefined) continue;
      open.delete(id);
      all[place] = { ...begun, change: concluded(begun.change, outcome), isKnown: true };
    }
  };
  const causes = ({ causes: told = [] }: EndEntry): void => {
    const byId = new Map(told.map((one) => [outcomeId(one), one.cause]));
    for (const [place, one] of all.entries()) {
      const cause = byId.get(idOf(one.change));
      if (cause !== undefined) all[place] = { ...one, change: { ...one.change, cause } };
    }
  };
  return {
    hear: (link) => {
      if (link.type === 'intent' && words.some((word) => link.bytes.includes(word)))
        intent(entryOf<IntentEntry>(link), link.line);
      else if (link.type === 'result' && open.size > 0) result(entryOf<ResultEntry>(link));
      else if (link.type === 'end' && all.length > 0) causes(entryOf<EndEntry>(link));
    },
    made: () => all,
  };
}

export function idOf({ host, module, domain, subject }: Change): string {
  return outcomeId({ host, module, uuid: domain.uuid, key: subject.key });
}

function concluded(change: Change, { status, reason, job, after }: Outcome): Change {
  return {
    ...change,
    status,
    ...(reason === undefined ? {} : { reason }),
    ...(job === undefined ? {} : { job }),
    after,
  };
}

/** A change that was planned anew before its result: what each state had before the first of them. */
function sinceFirst(first: Change, second: Change): Change {
  const before = (setting: Setting, side: Side): { readonly [S in Side]?: Value } => {
    const had = first.settings.find(({ name }) => name === setting.name)?.[side];
    return had === undefined || setting[side] === undefined ? {} : { [side]: had };
  };
  return {
    ...second,
    settings: second.settings.map((setting) => ({
      ...setting,
      ...before(setting, 'live'),
      ...before(setting, 'config'),
    })),
  };
}
