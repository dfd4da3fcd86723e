import { plural, printable } from '../base/text.ts';
import { moduleNamed } from '../modules/index.ts';
import type { Effect } from '../modules/module.ts';
import { type Group, isWritten } from './groups.ts';
import { memberLines } from './members.ts';
import { EFFECT_LOOK, SUBJECT_LOOK } from './style.ts';
import { ruleText, subjectName, type TextOptions } from './text.ts';
import { listWidth, painted, wrapText } from './wrap.ts';

/** Where a group stands, and how many lines its names may take; there is no limit where something is wrong. */
export interface Room {
  readonly indent: number;
  readonly lines: number;
}

/**
 * What is said of a group. One subject is told on one line: `~ hv01 web-02 nic 1: receives 400 → 100 Mbit/s`. Several
 * are counted, with a list of them below.
 */
export function groupLines(group: Group, options: TextOptions, { indent, lines: most }: Room): string[] {
  const { paint, columns } = options;
  const [{ host, change }, ...others] = group.members;
  const written = isWritten(change);
  const look = SUBJECT_LOOK[change.status];
  const { sign, format } = written ? EFFECT_LOOK[effectOf(group)] : look;
  const who = others.length === 0 ? `${printable(host)} ${subjectName(change)}` : countText(group);
  const what = written ? printable(differenceText(group)) : look.words;
  const head = paint(format, `${sign} ${who}${written ? ':' : ''}`);
  const detail = (line: string) => wrapText(line, indent + 4, columns);
  const lines = wrapText(`${what}${change.ignored ? ' (ignored)' : ''}`, indent, columns, head);
  if (change.status === 'waived')
    lines.push(...painted(detail(printable(differenceText(group))), paint, 'dim'));
  if (group.reason !== undefined) lines.push(...painted(detail(printable(group.reason)), paint, look.format));
  if (change.cause !== undefined)
    lines.push(...painted(detail(`why: ${printable(change.cause.text)}`), paint, 'dim'));
  for (const note of change.notes ?? [])
    lines.push(...painted(detail(`note: ${printable(note)}`), paint, 'dim'));
  if (others.length > 0) {
    const layout = { width: listWidth(columns), indent: indent + 4, lines: written ? most : Infinity };
    lines.push(...memberLines(group.members, layout));
  }
  const rules = written ? '' : ruleText(change);
  if (rules !== '') lines.push(...painted(detail(rules), paint, 'dim'));
  return lines;
}

function effectOf({ members }: Group): Effect {
  const effects = new Set(members.map(({ difference }) => difference?.effect ?? 'changed'));
  const [first = 'changed'] = effects;
  return effects.size > 1 ? 'changed' : first;
}

/** `80 → 100 Mbit/s both ways`, or `14 different limits → 100 Mbit/s both ways` */
function differenceText({ members }: Group): string {
  const [{ difference }] = members;
  const sentences = new Set(members.map((member) => member.difference?.sentence));
  return sentences.size === 1
    ? (difference?.sentence ?? '')
    : `${sentences.size} different limits → ${difference?.target}`;
}

/** `140 NICs on 20 hosts`, `3 VMs on hv01` */
function countText({ members }: Group): string {
  const [{ host, change }] = members;
  const { one, many } = moduleNamed(change.module).words;
  const hosts = new Set(members.map((member) => member.host)).size;
  // A subject without a label is the VM itself.
  const count =
    change.subject.label === '' ? plural(members.length, 'VM') : plural(members.length, one, many);
  return `${count} on ${hosts === 1 ? printable(host) : plural(hosts, 'host')}`;
}
