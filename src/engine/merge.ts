import type { Change, Setting } from '../model/change.ts';
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
  const { ignored: _, reason: __, notes: ___, waiver: ____, job: _____, ...one } = first;
  const { waiver, job } = gravest;
  const reasons = distinct(both.flatMap(({ reason }) => reason ?? []));
  const notes = distinct(both.flatMap((change) => change.notes ?? []));
  const steps = new Map([...first.steps, ...second.steps].map((step) => [JSON.stringify(step), step]));
  const rules = new Map([...first.rules, ...second.rules].map((rule) => [JSON.stringify(rule), rule]));
  return {
    ...one,
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

const distinct = (texts: readonly string[]): readonly string[] => [...new Set(texts)];

function mergeSettings(first: readonly Setting[], second: readonly Setting[]): readonly Setting[] {
  return first.map((setting, index) => ({
    ...setting,
    desired: { ...setting.desired, ...second[index]?.desired },
  }));
}
