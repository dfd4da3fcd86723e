import { CAUSES, type Cause, type CauseKind } from '../../model/cause.ts';
import { type Change, SIDES, type Side } from '../../model/change.ts';
import type { VmEvidence } from '../../model/result.ts';
import type { RuleRef } from '../../model/status.ts';
import { type Before, type EarlierChange, ruleName } from './baseline.ts';
import type { Event, Evidence, Told } from './events.ts';

const KINDS: Readonly<Record<Event, CauseKind>> = {
  moved: 'moved',
  rebuilt: 'rebuilt',
  byHand: 'changedByHand',
  restarted: 'restarted',
  declared: 'declaredAnew',
  started: 'started',
  still: 'stillDiffers',
  handOrReboot: 'unknown',
  handOrStart: 'unknown',
  handOrRestored: 'unknown',
  handOrRebuilt: 'unknown',
};

/** One cause of all that differs in a subject: the gravest kind leads, and the words tell all. */
export function causeOf(events: readonly Told[], change: Change, before: Before, evidence: Evidence): Cause {
  const all = events.flatMap(({ side, event, declared }): Told[] =>
    declared && event !== 'declared'
      ? [
          { side, event, declared },
          { side, event: 'declared', declared },
        ]
      : [{ side, event, declared }],
  );
  const kinds = CAUSES.filter((kind) => all.some(({ event }) => KINDS[event] === kind));
  // That something else differs as before is no news beside a cause.
  const told = kinds.length > 1 ? kinds.filter((kind) => kind !== 'stillDiffers') : kinds;
  const [kind = 'unknown', ...also] = told;
  const parts = told.map((one) => {
    const own = all.filter(({ event }) => KINDS[event] === one);
    return partOf(one, own, change, before, evidence);
  });
  const states = statesOf(all.filter(({ event }) => event === 'byHand'));
  const detail = parts.flatMap((part) => part.detail ?? []).join('; ');
  return {
    kind,
    ...(also.length === 0 ? {} : { also }),
    ...(states.length === 0 ? {} : { states }),
    ...(told.includes('declaredAnew') ? { rules: { now: change.rules, earlier: before.change.rules } } : {}),
    text: parts.map(({ text }) => text).join(', and '),
    ...(detail === '' ? {} : { detail }),
  };
}

interface Part {
  readonly text: string;
  readonly detail?: string;
}

function partOf(
  kind: CauseKind,
  own: readonly Told[],
  change: Change,
  before: Before,
  evidence: Evidence,
): Part {
  const states = statesWords(own);
  const { earlier, now } = evidence;
  switch (kind) {
    case 'moved':
      return { text: 'its VM was moved here from another host', detail: `from ${before.host.name}` };
    case 'rebuilt':
      return { text: 'the XML of its VM was made anew', detail: createdWords(earlier, now, own) };
    case 'changedByHand':
      return { text: `changed by hand: ${states}` };
    case 'restarted':
      return { text: 'lost by a restart of its VM', detail: idWords(earlier, now) };
    case 'declaredAnew':
      return { text: `declared anew: ${rulesText(change.rules, before.change.rules)}` };
    case 'started':
      return { text: 'its VM did not run then, and was started with its configuration' };
    case 'unknown':
      return unknownPart(own, states, evidence);
    default:
      return { text: stillText(before.change.cause) };
  }
}

function unknownPart([first]: readonly Told[], states: string, { earlier, now }: Evidence): Part {
  const event = first?.event;
  if (event === 'handOrReboot')
    return {
      text: `unknown: changed by hand (${states}), or lost by a restart together with its host`,
      detail: `domain id ${now?.id} then and now`,
    };
  if (event === 'handOrRestored')
    return { text: `unknown: changed by hand (${states}), or restored so from its saved image` };
  const lacks = earlier?.id === undefined || now?.id === undefined;
  const what =
    event === 'handOrStart'
      ? `changed by hand (${states}) or lost by a restart`
      : `changed by hand (${states}), or its XML was made anew`;
  return {
    text: `unknown: ${what}${lacks ? '; the baseline does not tell which' : ''}`,
    ...(lacks || first === undefined ? {} : { detail: createdWords(earlier, now, [first]) }),
  };
}

/** What it was already said to be, where that run had a baseline itself. */
function stillText(cause: EarlierChange['cause']): string {
  if (cause === undefined) return 'it differed in the baseline already';
  return cause.kind === 'stillDiffers'
    ? cause.text
    : `it differed in the baseline already, which said: ${cause.text}`;
}

/** The rules that are new, or else all that decided: with the lines where they stand now and stood then. */
export function rulesText(now: readonly RuleRef[], then: readonly RuleRef[]): string {
  const before = new Map(then.map((rule) => [ruleName(rule), rule]));
  const fresh = now.filter((rule) => !before.has(ruleName(rule)));
  const gone = then.filter((rule) => !now.some((one) => ruleName(one) === ruleName(rule)));
  const told = (fresh.length > 0 ? fresh : now).map((rule) => {
    const line = before.get(ruleName(rule))?.line;
    return ruleText(rule, line === undefined || line === rule.line ? '' : `, then line ${line}`);
  });
  const was = gone.map((rule) => ruleText(rule));
  const also = was.length === 0 ? '' : `; then ${was.join(', ')}`;
  return `${told.join(', ') || 'no rule names it any more'}${also}`;
}

function ruleText({ name, file, line }: RuleRef, more = ''): string {
  return `rule "${name}"${file === '' ? '' : ` (${file}:${line}${more})`}`;
}

function statesOf(told: readonly Told[]): readonly Side[] {
  return SIDES.filter((side) => told.some((one) => one.side === side));
}

function statesWords(told: readonly Told[]): string {
  return statesOf(told)
    .map((side) => (side === 'live' ? 'live' : 'persistent'))
    .join(' and ');
}

function idWords(earlier: VmEvidence | undefined, now: VmEvidence | undefined): string {
  return `domain id ${earlier?.id ?? 'none'} then, ${now?.id ?? 'none'} now`;
}

function createdWords(
  earlier: VmEvidence | undefined,
  now: VmEvidence | undefined,
  told: readonly Told[],
): string {
  const side = told.some((one) => one.side === 'config') ? 'config' : 'live';
  return `created ${earlier?.created?.[side] ?? 'at no told time'} then, ${now?.created?.[side] ?? 'at no told time'} now`;
}
