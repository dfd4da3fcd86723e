import { printable } from '../base/text.ts';
import { timesText } from '../base/time/times.ts';
import { trialText } from '../engine/on_trial.ts';
import {
  beforeOf,
  type Change,
  commandLines,
  desiredOf,
  SIDES,
  type Side,
  type Values,
} from '../model/change.ts';
import { moduleNamed } from '../modules/index.ts';
import { type Paint, SUBJECT_LOOK } from '../report/style.ts';
import { subjectName } from '../report/text.ts';
import type { SetPart } from './explain.ts';
import type { ExplainedHost, ExplainedSubject, RuleOrigin } from './json.ts';

/** What `virtune explain` prints: for each subject the rules, what it is to have, what it has, and what a run would do. */
export function explainLines({ name, subjects, notes }: ExplainedHost, paint: Paint): string[] {
  const tasks = subjects.map(({ explanation: { change } }) => `${change.play}\0${change.task}`);
  const several = new Set(tasks).size > 1;
  const lines = subjects.flatMap((subject) => [...subjectLines(name, subject, several, paint), '']);
  return [...lines, ...notes.map((note) => `note on ${printable(name)}: ${printable(note)}`)];
}

const SIDE_NAME: Readonly<Record<Side, string>> = { live: 'live', config: 'persistent' };

function subjectLines(host: string, subject: ExplainedSubject, several: boolean, paint: Paint): string[] {
  const { change } = subject.explanation;
  const { uuid, state, persistent, managedSave } = change.domain;
  const detail = printable(moduleNamed(change.module).text.detail(change.subject));
  return [
    `${paint('bold', subjectName(change))} on ${printable(host)}${detail && `: ${detail}`}`,
    paint('dim', `  VM ${uuid}, ${state}${persistent ? '' : ', transient'}${managedSave ? ', saved' : ''}`),
    ...(several ? [`  play "${printable(change.play)}", task "${printable(change.task)}"`] : []),
    ...ruleLines(subject, paint),
    ...desiredLines(change, paint),
    ...statusLines(change, paint),
  ];
}

function ruleLines({ explanation, origins }: ExplainedSubject, paint: Paint): string[] {
  const { rules, change } = explanation;
  if (rules.length === 0) {
    const free = change.status === 'unmanaged';
    return [`  no rule names it${free ? ', so it is left alone' : ': unmatched takes its limits away'}`];
  }
  return [
    '  rules that name it, in order:',
    ...rules.flatMap(({ rule, holds, sets }, index) => [
      `    ${index + 1}. "${printable(rule.name)}"${paint('dim', whereText(rule.file, rule.line, origins[index] ?? null))}`,
      ...(rule.times === undefined
        ? []
        : [
            `       ${paint(holds ? 'reset' : 'yellow', `${timesText(rule.times)}: ${holds ? 'holds now' : 'does not hold now'}`)}`,
          ]),
      ...(rule.from === undefined ? [] : [paint('dim', `       ${SOURCES[rule.from]}`)]),
      ...sets.map((part) => `       ${setText(part)}`),
    ]),
  ];
}

const SOURCES = {
  flavor: 'its limits are those of the server’s flavor, as the cloud says it is now',
  metadata: 'its limits are what the server’s owner asks for in its metadata',
  tags: 'its limits are what the server’s owner asks for in its tags',
} as const;

function whereText(file: string, line: number, origin: RuleOrigin | null): string {
  const place = file === '' ? '' : ` ${printable(file)}:${line}`;
  if (origin === null) return place;
  const { variable, kind, name } = origin;
  const giver = kind === 'extraVars' ? '--extra-vars' : `${kind} ${printable(name)}`;
  return `${place}, variable ${printable(variable)} of ${giver}`;
}

function setText({ name, short, replacedBy }: SetPart): string {
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
  return `${name.padEnd(8)} ${short}${only}${replaced}`;
}

function desiredLines(change: Change, paint: Paint): string[] {
  const sides = SIDES.filter(
    (side) => beforeOf(change, side) !== null && Object.keys(desiredOf(change, side)).length > 0,
  );
  const [live, config] = SIDES.map((side) => desiredOf(change, side));
  const alike = sides.length === 2 && JSON.stringify(live) === JSON.stringify(config);
  const shown: readonly (readonly [string, Side])[] = alike
    ? [['', 'live']]
    : sides.map((side) => [` in the ${SIDE_NAME[side]} state`, side] as const);
  return shown.flatMap(([where, side]) => {
    const said = moduleNamed(change.module).text.values(desiredOf(change, side));
    return [
      `  is to have${where}: ${paint('cyan', said.map(({ words }) => words).join(' '))}`,
      ...said.map(({ text }) => `    ${subjectName(change)} ${text}`),
    ];
  });
}

function statusLines(change: Change, paint: Paint): string[] {
  const look = SUBJECT_LOOK[change.status];
  const has = SIDES.flatMap((side) => {
    const values = beforeOf(change, side);
    return values === null
      ? []
      : [`  has now ${`(${SIDE_NAME[side]}):`.padEnd(13)} ${valuesText(change, values)}`];
  });
  const skipped = change.status === 'unsupported' && change.ignored ? ', which does not fail the host' : '';
  const verdict = change.status === 'pending' ? 'pending: a run would change it' : `${look.words}${skipped}`;
  return [
    ...has,
    `  status: ${paint(look.format, verdict)}${change.reason === undefined ? '' : `: ${printable(change.reason)}`}`,
    ...commandLines(change).map((command) => paint('cyan', `    $ ${printable(command)}`)),
    // Elsewhere its status, or a note, says so.
    ...(change.onTrial === undefined || change.status !== 'unmanaged'
      ? []
      : [paint('cyan', `  ${printable(trialText(change.onTrial))}`)]),
    ...(change.next === undefined ? [] : [paint('cyan', `  later: ${printable(change.next.text)}`)]),
    ...(change.notes ?? []).map((note) =>
      paint('yellow', `  ${change.status === 'unmanaged' ? 'note' : 'advice'}: ${printable(note)}`),
    ),
  ];
}

function valuesText(change: Change, values: Values): string {
  const { columns, cells } = moduleNamed(change.module).text;
  const texts = cells(values);
  return columns.map((title, index) => `${title} ${texts[index] ?? ''}`).join('; ');
}
