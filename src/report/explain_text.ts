import { printable } from '../base/text.ts';
import { renderRate } from '../libvirt/domiftune.ts';
import { type DesiredLimits, DIRECTIONS, type Limits } from '../model/limits.ts';
import type { NicExplanation, SetPart } from '../modules/nic_limits/explain.ts';
import { SIDES, type Side } from '../modules/nic_limits/item.ts';
import type { ExplainedHost, ExplainedNic, RuleOrigin } from './explain_json.ts';
import { limitSentence, limitText, nicDetail, nicName } from './nic_text.ts';
import { NIC_LOOK, type Paint } from './style.ts';

/** What `virtune explain` prints: for each NIC the rules, the limits, what it has, and what a run would do. */
export function explainLines({ name, nics, notes }: ExplainedHost, paint: Paint): string[] {
  const several = new Set(nics.map(({ play, task }) => `${play}\0${task}`)).size > 1;
  const lines = nics.flatMap((nic) => [...nicLines(name, nic, several, paint), '']);
  return [...lines, ...notes.map((note) => `note on ${printable(name)}: ${printable(note)}`)];
}

const SIDE_NAME: Readonly<Record<Side, string>> = { live: 'live', config: 'persistent' };

function nicLines(host: string, nic: ExplainedNic, several: boolean, paint: Paint): string[] {
  const { explanation } = nic;
  const { result } = explanation;
  const { uuid, state, persistent, managedSave } = result.domain;
  const head = [
    `${paint('bold', nicName(result))} on ${printable(host)}: ${nicDetail(result)}`,
    paint('dim', `  VM ${uuid}, ${state}${persistent ? '' : ', transient'}${managedSave ? ', saved' : ''}`),
    ...(several ? [`  play "${printable(nic.play)}", task "${printable(nic.task)}"`] : []),
  ];
  return [
    ...head,
    ...ruleLines(nic, paint),
    ...wantedLines(explanation, paint),
    ...statusLines(explanation, paint),
  ];
}

function ruleLines({ explanation, origins }: ExplainedNic, paint: Paint): string[] {
  const { rules, result } = explanation;
  if (rules.length === 0) {
    const free = result.status === 'unmanaged';
    return [`  no rule names it${free ? ', so it is left alone' : ': unmatched takes its limits away'}`];
  }
  return [
    '  rules that name it, in order:',
    ...rules.flatMap(({ rule, sets }, index) => [
      `    ${index + 1}. "${printable(rule.name)}"${paint('dim', whereText(rule.file, rule.line, origins[index] ?? null))}`,
      ...sets.map((part) => `       ${setText(part)}`),
    ]),
  ];
}

function whereText(file: string, line: number, origin: RuleOrigin | null): string {
  const place = file === '' ? '' : ` ${printable(file)}:${line}`;
  if (origin === null) return place;
  const { variable, kind, name } = origin;
  const giver = kind === 'extraVars' ? '--extra-vars' : `${kind} ${printable(name)}`;
  return `${place}, variable ${printable(variable)} of ${giver}`;
}

function setText({ direction, limit, replacedBy }: SetPart): string {
  const sides = SIDES.filter((side) => replacedBy[side] !== undefined);
  const only = sides.length === 1 ? ` (${SIDE_NAME[sides[0] as Side]} only)` : '';
  const lost = sides.flatMap((side) => {
    const by = replacedBy[side];
    return by === null || by === undefined ? [] : [{ side, by: by + 1 }];
  });
  const [first, second] = lost;
  const where = (side: Side) => (sides.length === 1 ? '' : ` in the ${SIDE_NAME[side]} state`);
  const replaced =
    first === undefined
      ? ''
      : second !== undefined && second.by === first.by
        ? `; replaced by ${first.by}`
        : `; replaced ${lost.map(({ side, by }) => `by ${by}${where(side)}`).join(' and ')}`;
  return `${direction.padEnd(8)} ${limitText(limit)}${only}${replaced}`;
}

function wantedLines({ result, wanted }: NicExplanation, paint: Paint): string[] {
  const sides = SIDES.filter((side) => result.before[side] !== null && Object.keys(wanted[side]).length > 0);
  const alike = sides.length === 2 && JSON.stringify(wanted.live) === JSON.stringify(wanted.config);
  if (sides.length === 0) return [];
  const shown: readonly (readonly [string, DesiredLimits])[] = alike
    ? [['', wanted.live]]
    : sides.map((side) => [` in the ${SIDE_NAME[side]} state`, wanted[side]] as const);
  return shown.flatMap(([where, limits]) => [
    `  shall have${where}: ${paint('cyan', words(limits))}`,
    ...DIRECTIONS.flatMap((direction) => {
      const limit = limits[direction];
      return limit === undefined ? [] : [`    ${nicName(result)} ${limitSentence(direction, limit)}`];
    }),
  ]);
}

/** The words of `virsh domiftune`, in libvirt's integers. */
function words(limits: DesiredLimits): string {
  return DIRECTIONS.flatMap((direction) => {
    const limit = limits[direction];
    return limit === undefined ? [] : [`--${direction} ${renderRate(limit)}`];
  }).join(' ');
}

function statusLines({ result }: NicExplanation, paint: Paint): string[] {
  const look = NIC_LOOK[result.status];
  const has = SIDES.flatMap((side) => {
    const limits = result.before[side];
    return limits === null ? [] : [`  has now ${`(${SIDE_NAME[side]}):`.padEnd(13)} ${limitsText(limits)}`];
  });
  const verdict = result.status === 'pending' ? 'pending: a run would change it' : look.words;
  return [
    ...has,
    `  status: ${paint(look.format, verdict)}${result.message === undefined ? '' : `: ${printable(result.message)}`}`,
    ...result.commands.map((command) => paint('cyan', `    $ ${printable(command)}`)),
    ...(result.notes ?? []).map((note) => paint('yellow', `  advice: ${printable(note)}`)),
  ];
}

function limitsText({ inbound, outbound }: Limits): string {
  return `receives ${limitText(inbound)}; sends ${limitText(outbound)}`;
}
