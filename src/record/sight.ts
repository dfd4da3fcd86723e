import type { EarlierChange, EarlierHost } from '../engine/drift/baseline.ts';
import { trialDoubt } from '../engine/on_trial.ts';
import type { Change, Setting, Side, Value } from '../model/change.ts';
import type { HostResult, VmEvidence } from '../model/result.ts';
import type { SubjectStatus } from '../model/status.ts';

/** The form of the files; another one has another number. */
export const SEEN_FORM = 'virtune.seen/1';

/** What runs have seen of a hypervisor at last, in the order in which they have. */
export interface Seen {
  readonly form: typeof SEEN_FORM;
  readonly hypervisor: string;
  readonly sights: readonly Sight[];
}

/** What one look has seen, as far as none since has seen it anew. */
export interface Sight {
  readonly run: string;
  /** When the host was done. */
  readonly at: string;
  /** As the inventory names it. */
  readonly host: string;
  /** The hypervisor has no other VMs. */
  readonly complete: boolean;
  readonly vms: readonly VmEvidence[];
  /** What many subjects have in common, once. */
  readonly kinds: readonly Kind[];
  readonly subjects: readonly SeenSubject[];
}

type SeenSetting = Pick<Setting, 'name' | 'desired' | 'live' | 'config'>;

interface Kind extends Pick<EarlierChange, 'module' | 'rules' | 'status'> {
  readonly settings: readonly SeenSetting[];
  /** An image of its VM was saved. */
  readonly saved?: true;
}

interface SeenSubject {
  /** Place of its VM in `vms`. */
  readonly vm: number;
  readonly key: string;
  /** Place in `kinds`. */
  readonly as: number;
  /** Why it differed, where it still does. */
  readonly cause?: EarlierChange['cause'];
  /** Why nobody knows what the run left there. */
  readonly doubt?: string;
}

/**
 * What a run has seen of a host; null where it has not read its VMs.
 * @param onTrial what it has written is given back unless somebody confirms it
 */
export function sightOf(result: HostResult, run: string, at: string, onTrial = false): Sight | null {
  const { vms, name: host, resources } = result;
  if (vms === undefined) return null;
  const all = [...vms.known];
  const places = new Map(all.map(({ uuid }, index) => [uuid, index]));
  const kinds = new Map<string, { readonly kind: Kind; readonly index: number }>();
  const subjects = resources.map((change): SeenSubject => {
    const { uuid, name } = change.domain;
    if (!places.has(uuid)) places.set(uuid, all.push({ name, uuid }) - 1);
    const kind = kindOf(change);
    const text = JSON.stringify(kind);
    const known = kinds.get(text) ?? { kind, index: kinds.size };
    kinds.set(text, known);
    const { cause, status } = change;
    return {
      vm: places.get(uuid) ?? 0,
      key: change.subject.key,
      as: known.index,
      ...(cause === undefined || status === 'changed'
        ? {}
        : { cause: { kind: cause.kind, text: cause.text } }),
      ...doubtOf(change, run, onTrial),
    };
  });
  const { complete } = vms;
  return { run, at, host, complete, vms: all, kinds: [...kinds.values()].map(({ kind }) => kind), subjects };
}

function kindOf(change: Change): Kind {
  const { module, rules, status, settings, domain } = change;
  return {
    module,
    rules,
    // Whether it was named at all is all that counts of it.
    status: status === 'unmanaged' ? status : 'inSync',
    settings: settings.map((setting): SeenSetting => {
      const { name, desired } = setting;
      return { name, desired, ...left(change, setting, 'live'), ...left(change, setting, 'config') };
    }),
    ...(domain.managedSave === true ? { saved: true } : {}),
  };
}

/** What the run left in a state: what it read back, else what it found. */
function left(
  { after }: Change,
  setting: Setting,
  side: Side,
): { readonly live?: Value; readonly config?: Value } {
  const values = after?.[side];
  if (values !== undefined && values !== null) return { [side]: values[setting.name] ?? null };
  const found = setting[side];
  return found === undefined ? {} : { [side]: found };
}

/** In these states it may have been written. */
const WRITTEN: readonly SubjectStatus[] = ['failed', 'unreachable'];

/** Why nobody knows what a run left there. What it had on trial a confirm sees anew. */
function doubtOf(change: Change, run: string, onTrial: boolean): Pick<SeenSubject, 'doubt'> {
  if (isInDoubt(change)) return { doubt: `the run ${run} may have written to it, and did not read it back` };
  const trial = onTrial && change.steps.length > 0 ? { run, until: null } : change.onTrial;
  const doubt = trialDoubt(trial);
  return doubt === undefined ? {} : { doubt };
}

function isInDoubt({ after, steps, status }: Change): boolean {
  return after === null && steps.length > 0 && WRITTEN.includes(status);
}

/** A host that is looked at for several things by turns has a sight for each. */
const MOST_SIGHTS = 8;

/** What is known once one more look was taken. What that has seen anew, earlier ones do not tell any more. */
export function seenSince(before: readonly Sight[], sight: Sight): readonly Sight[] {
  const now = new Set(sight.subjects.map((one) => idOf(sight, one)));
  const there = new Set(sight.vms.map(({ uuid }) => uuid));
  const isThere = (uuid: string) => !sight.complete || there.has(uuid);
  const earlier = before.map((one) =>
    onlyOf(one, (subject, { uuid }) => !now.has(idOf(one, subject)) && isThere(uuid)),
  );
  const last = before.at(-1);
  const whole = sight.complete || last === undefined ? sight : addVms(sight, last);
  return [...earlier.filter(({ subjects }) => subjects.length > 0), whole].slice(-MOST_SIGHTS);
}

/** A look at some VMs only says nothing of the others: they are where they were. */
function addVms(sight: Sight, { vms, complete }: Sight): Sight {
  const there = new Set(sight.vms.map(({ uuid }) => uuid));
  return { ...sight, complete, vms: [...sight.vms, ...vms.filter(({ uuid }) => !there.has(uuid))] };
}

/** A sight of some of its subjects, with their VMs and what else they need. */
function onlyOf(sight: Sight, wanted: (subject: SeenSubject, vm: VmEvidence) => boolean): Sight {
  const vms: VmEvidence[] = [];
  const kinds: Kind[] = [];
  const place = <T>(list: T[], one: T): number => {
    const index = list.indexOf(one);
    return index < 0 ? list.push(one) - 1 : index;
  };
  const subjects = sight.subjects.flatMap((subject): SeenSubject[] => {
    const [vm, kind] = [sight.vms[subject.vm], sight.kinds[subject.as]];
    if (vm === undefined || kind === undefined || !wanted(subject, vm)) return [];
    return [{ ...subject, vm: place(vms, vm), as: place(kinds, kind) }];
  });
  return { ...sight, complete: false, vms, kinds, subjects };
}

function idOf({ vms, kinds }: Sight, { vm, key, as }: SeenSubject): string {
  return JSON.stringify([vms[vm]?.uuid, kinds[as]?.module, key]);
}

/** As an earlier result has it, of which causes are told. */
export function hostOf(hypervisor: string, sight: Sight): EarlierHost {
  const { host, complete, vms, kinds, subjects } = sight;
  return {
    name: host,
    hypervisor,
    status: 'ok',
    vms: { complete, known: vms },
    resources: subjects.flatMap(({ vm, key, as, cause, doubt }): EarlierChange[] => {
      const [of, kind] = [vms[vm], kinds[as]];
      if (of === undefined || kind === undefined) return [];
      const { saved, ...told } = kind;
      return [
        {
          ...told,
          domain: { name: of.name, uuid: of.uuid, ...(saved === true ? { managedSave: saved } : {}) },
          subject: { key },
          after: null,
          ...(cause === undefined ? {} : { cause }),
          ...(doubt === undefined ? {} : { doubt }),
        },
      ];
    }),
  };
}
