import { groupBy } from '../base/group.ts';
import { plural, printable } from '../base/text.ts';
import {
  CHECKS,
  type Diagnosis,
  type Finding,
  type FindingStatus,
  type HostDiagnosis,
} from '../doctor/finding.ts';
import { anonymous } from './anonymous.ts';
import { hung } from './hang.ts';
import { namedRow } from './members.ts';
import type { Paint } from './style.ts';
import { listWidth } from './wrap.ts';

const LOOK: Readonly<Record<FindingStatus, { word: string; format: Parameters<Paint>[0] }>> = {
  ok: { word: 'ok', format: 'green' },
  warning: { word: 'warning', format: 'yellow' },
  problem: { word: 'problem', format: 'red' },
  unknown: { word: 'unknown', format: 'cyan' },
};

const HOST_FORMAT = { ok: 'green', warning: 'yellow', problem: 'red', unreachable: 'red' } as const;

const NAME_WIDTH = Math.max(...Object.values(CHECKS).map((name) => name.length)) + 2;
const STATUS_WIDTH = 9;

/** One host: a line for each finding, and below it the remedy. */
export function diagnosisLines(
  host: HostDiagnosis,
  paint: Paint,
  verbose: boolean,
  columns?: number,
): string[] {
  const time = paint('dim', `${(host.durationMs / 1000).toFixed(1)} s`);
  return [
    `${printable(host.name)}: ${paint(HOST_FORMAT[host.status], host.status)} ${time}`,
    ...host.findings.flatMap((finding) => findingLines(finding, paint, verbose, columns)),
    '',
  ];
}

function findingLines(
  { check, status, text, fix, notes }: Finding,
  paint: Paint,
  verbose: boolean,
  columns: number | undefined,
): readonly string[] {
  const { word, format } = LOOK[status];
  const indent = ' '.repeat(2 + STATUS_WIDTH + NAME_WIDTH);
  const head = `  ${paint(format, word.padEnd(STATUS_WIDTH))}${CHECKS[check].padEnd(NAME_WIDTH)}`;
  const lines = [...hung([`${head}${printable(text)}`], columns, indent.length)];
  if (verbose || status !== 'ok')
    for (const note of notes ?? [])
      lines.push(...hung([`${indent}${paint('dim', `note: ${printable(note)}`)}`], columns));
  if (fix !== undefined) lines.push(...hung([`${indent}${paint('bold', '→')} ${printable(fix)}`], columns));
  return lines;
}

/**
 * Many hosts: those with the same problems and warnings together, each told once, the ones that are in order by their
 * names alone. No name is left out.
 */
export function fleetLines(
  hosts: readonly HostDiagnosis[],
  paint: Paint,
  columns: number | undefined,
): string[] {
  const told = hosts.map((host) => {
    const findings = host.findings.filter(({ status }) => status === 'problem' || status === 'warning');
    const said = findings.map((one) => ({ ...one, text: anonymous(one.text, host), notes: [] }));
    return { host, findings, said, key: JSON.stringify([host.status, said]) };
  });
  return [...groupBy(told, ({ key }) => key).values()].flatMap((alike) => {
    const [{ host, findings, said }, ...others] = alike;
    const names = alike.map((one) => one.host.name);
    const count = others.length === 0 ? '' : ` (${plural(alike.length, 'host')})`;
    const status = `${paint(HOST_FORMAT[host.status], host.status)}${count}`;
    const head = namedRow(names, status, { width: listWidth(columns) });
    const shown = others.length === 0 ? findings : said;
    return [...head, ...shown.flatMap((finding) => findingLines(finding, paint, false, columns)), ''];
  });
}

/** The first thing that is in the way on a host, in one line; '' where nothing is. */
export function troubleLine({ name, status, findings }: HostDiagnosis, paint: Paint): string {
  const first = findings.find((one) => one.status === 'problem');
  if (first === undefined) return '';
  const head = paint(HOST_FORMAT[status], `! ${printable(name)}: ${status}`);
  return `${head}: ${CHECKS[first.check]}: ${printable(first.text)}`;
}

/** `3 hosts: 1 ok, 1 problem, 1 unreachable`. */
export function diagnosisSummary({ hosts }: Diagnosis, paint: Paint): string {
  const parts = (['ok', 'warning', 'problem', 'unreachable'] as const).flatMap((status) => {
    const count = hosts.filter((host) => host.status === status).length;
    return count === 0 ? [] : [paint(HOST_FORMAT[status], `${count} ${status}`)];
  });
  return `${plural(hosts.length, 'host')}: ${parts.join(', ')}`;
}
