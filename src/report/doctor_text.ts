import { plural, printable } from '../base/text.ts';
import {
  CHECKS,
  type Diagnosis,
  type Finding,
  type FindingStatus,
  type HostDiagnosis,
} from '../doctor/finding.ts';
import type { Paint } from './style.ts';

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
export function diagnosisLines(host: HostDiagnosis, paint: Paint, verbose: boolean): string[] {
  const time = paint('dim', `${(host.durationMs / 1000).toFixed(1)} s`);
  return [
    `${printable(host.name)}: ${paint(HOST_FORMAT[host.status], host.status)} ${time}`,
    ...host.findings.flatMap((finding) => findingLines(finding, paint, verbose)),
    '',
  ];
}

function findingLines(
  { check, status, text, fix, notes }: Finding,
  paint: Paint,
  verbose: boolean,
): string[] {
  const { word, format } = LOOK[status];
  const indent = ' '.repeat(2 + STATUS_WIDTH + NAME_WIDTH);
  const head = `  ${paint(format, word.padEnd(STATUS_WIDTH))}${CHECKS[check].padEnd(NAME_WIDTH)}`;
  const lines = [`${head}${printable(text)}`];
  if (verbose || status !== 'ok')
    for (const note of notes ?? []) lines.push(`${indent}${paint('dim', `note: ${printable(note)}`)}`);
  if (fix !== undefined) lines.push(`${indent}${paint('bold', '→')} ${printable(fix)}`);
  return lines;
}

/** `3 hosts: 1 ok, 1 problem, 1 unreachable`. */
export function diagnosisSummary({ hosts }: Diagnosis, paint: Paint): string {
  const parts = (['ok', 'warning', 'problem', 'unreachable'] as const).flatMap((status) => {
    const count = hosts.filter((host) => host.status === status).length;
    return count === 0 ? [] : [paint(HOST_FORMAT[status], `${count} ${status}`)];
  });
  return `${plural(hosts.length, 'host')}: ${parts.join(', ')}`;
}
