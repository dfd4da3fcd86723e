import type { Change, Desired, Ramp, Setting } from '../model/change.ts';
import type { Counted, HostResult, HostStatus } from '../model/result.ts';
import type { SubjectStatus } from '../model/status.ts';
import { mergeTotals } from './totals.ts';
import { mergeVms } from './vm_evidence.ts';

/** Worst first. */
const SEVERITY: readonly HostStatus[] = ['unreachable', 'failed', 'refused', 'skipped', 'changed', 'ok'];

/** One result for a host that several plays had. */
export function mergeHostResults(first: HostResult | undefined, second: HostResult): HostResult {
  if (first === undefined) return second;
  // What is ignored shows only where nothing counts.
  const counted = [first, second].filter((result) => result.ignored !== true);
  const shown =
    counted.some((result) => SEVERITY.indexOf(result.status) < 4) || counted.length === 2
      ? counted
      : [first, second];
  const status = SEVERITY.find((name) => shown.some((result) => result.status === name)) ?? second.status;
  const { ignored: _first, ...one } = first;
  const { ignored: _second, ...two } = second;
  const notes = [...new Set([...(first.notes ?? []), ...(second.notes ?? [])])];
  const resources = mergeChanges(first.resources, second.resources);
  const vms = mergeVms(first.vms, second.vms);
  const quiet = mergeCounted([...(first.counted ?? []), ...(second.counted ?? [])], resources);
  return {
    ...one,
    ...two,
    status,
    durationMs: first.durationMs + second.durationMs,
    resources,
    ...(quiet.length === 0 ? {} : { counted: quiet }),
    totals: mergeTotals(first.totals, second.totals),
    ...(vms === undefined ? {} : { vms }),
    ...(notes.length === 0 ? {} : { notes }),
    ...(shown.some((result) => result.ignored === true && result.status === status) ? { ignored: true } : {}),
  };
}

/** A subject is listed once, however many plays speak of it. */
export function mergeChanges(first: readonly Change[], second: readonly Change[]): readonly Change[] {
  const merged = new Map(first.map((change) => [subjectId(change), change]));
  for (const change of second) {
    const id = subjectId(change);
    const before = merged.get(id);
    merged.set(id, before === undefined ? change : mergeChange(before, change));
  }
  return [...merged.values()];
}

/** Subjects that are only counted, each once: those that a play had news of are among its changes. */
export function mergeCounted(counted: readonly Counted[], changes: readonly Change[]): readonly Counted[] {
  const listed = new Set(changes.map(subjectId));
  const merged = new Map<string, Counted>();
  for (const one of counted) {
    const before = merged.get(one.id);
    if (!listed.has(one.id) && (before === undefined || before.status === 'unmanaged'))
      merged.set(one.id, one);
  }
  return [...merged.values()];
}

/** The same for the same subject at every read and in every play. */
export function subjectId({
  module,
  domain,
  subject,
}: {
  readonly module: string;
  readonly domain: { readonly uuid: string };
  readonly subject: { readonly key: string };
}): string {
  return `${module}\0${domain.uuid}\0${subject.key}`;
}

/** Gravest first. */
const GRAVITY: readonly SubjectStatus[] = [
  'unreachable',
  'failed',
  'busy',
  'stale',
  'locked',
  'notFound',
  'ambiguous',
  'unsupported',
  'conflict',
  'refused',
  'skipped',
  'pending',
  'waived',
  'changed',
  'notRunning',
  'inSync',
  'unmanaged',
];

const gravity = ({ status }: Change): number => GRAVITY.indexOf(status);

/** From what it had before the first play to what it has after the last one. */
function mergeChange(first: Change, second: Change): Change {
  const both = [first, second];
  // What is ignored shows only where nothing else has anything to tell.
  const counted = both.filter((change) => change.ignored !== true);
  const telling = counted.some((change) => gravity(change) < GRAVITY.indexOf('inSync')) ? counted : both;
  const [gravest = second] = telling.toSorted((a, b) => gravity(a) - gravity(b));
  const [one, two] = both.map(({ ignored, reason, notes, waiver, job, ...rest }) => rest) as [Change, Change];
  const { waiver, job } = gravest;
  const reasons = distinct(both.flatMap(({ reason }) => reason ?? []));
  const notes = distinct(both.flatMap((change) => change.notes ?? []));
  const steps = new Map([...first.steps, ...second.steps].map((step) => [JSON.stringify(step), step]));
  const rules = new Map([...first.rules, ...second.rules].map((rule) => [JSON.stringify(rule), rule]));
  return {
    ...two,
    ...one,
    ...mergeLater(first, second),
    status: gravest.status,
    settings: mergeSettings(first.settings, second.settings),
    rules: [...rules.values()],
    steps: [...steps.values()],
    after: second.after ?? first.after,
    ...(reasons.length === 0 ? {} : { reason: reasons.join('; ') }),
    ...(notes.length === 0 ? {} : { notes }),
    ...(waiver === undefined ? {} : { waiver }),
    ...(job === undefined ? {} : { job }),
    ...(gravest.ignored === true ? { ignored: true as const } : {}),
  };
}

/** What is to come of it: whichever of two comes first, and all that waits. */
function mergeLater(first: Change, second: Change): Pick<Change, 'next' | 'ramp' | 'held'> {
  const [next] = [first, second]
    .flatMap((change) => change.next ?? [])
    .toSorted((a, b) => Date.parse(a.at) - Date.parse(b.at));
  const ramp = mergeRamps(first.ramp, second.ramp);
  const held = first.held === undefined && second.held === undefined ? {} : { ...first.held, ...second.held };
  return {
    ...(next === undefined ? {} : { next }),
    ...(ramp === undefined ? {} : { ramp }),
    ...(Object.keys(held).length === 0 ? {} : { held }),
  };
}

/** The steps of one subject, where several rules go to what they want of it; of one setting the later one counts. */
export function mergeRamps(first: Ramp | undefined, second: Ramp | undefined): Ramp | undefined {
  if (first === undefined || second === undefined) return first ?? second;
  const both = (a: Desired, b: Desired): Desired => ({
    live: { ...a.live, ...b.live },
    config: { ...a.config, ...b.config },
  });
  return {
    target: both(first.target, second.target),
    step: both(first.step, second.step),
    stepsLeft: Math.max(first.stepsLeft, second.stepsLeft),
    everySeconds: Math.max(first.everySeconds, second.everySeconds),
  };
}

const distinct = (texts: readonly string[]): readonly string[] => [...new Set(texts)];

function mergeSettings(first: readonly Setting[], second: readonly Setting[]): readonly Setting[] {
  return first.map((setting, index) => ({
    ...setting,
    desired: { ...setting.desired, ...second[index]?.desired },
  }));
}
