import { printable } from '../base/text.ts';
import type { Direction, Limits } from '../model/limits.ts';
import type { HostResult, NicResult } from '../model/result.ts';
import { limitText, nicDetail } from './nic_text.ts';
import { HOST_LOOK } from './style.ts';
import type { TextOptions } from './text.ts';

/** What `virtune show` says of a host: every NIC with its limits in both states, a line where they agree. */
export function hostTable(host: HostResult, { paint }: TextOptions): string[] {
  const lines = [paint('bold', printable(host.name))];
  if (host.error !== undefined)
    lines.push(`  ${paint(HOST_LOOK[host.status].format, printable(host.error))}`);
  const rows = host.nics.flatMap(nicRows);
  if (rows.length === 0 && host.error === undefined) lines.push('  no VM with a NIC');
  const widths = HEAD.map((title, i) => Math.max(width(title), ...rows.map((row) => width(row[i] ?? ''))));
  const line = (row: readonly string[]) =>
    `  ${row.map((cell, i) => pad(cell, widths[i] ?? 0)).join('  ')}`.trimEnd();
  if (rows.length > 0) lines.push(paint('dim', line(HEAD)), ...rows.map(line));
  return [...lines, ''];
}

const HEAD = ['VM', 'state', 'nic', 'device', 'where', 'receives', 'sends'];

function nicRows(nic: NicResult): string[][] {
  const { live, config } = nic.before;
  const state = `${nic.domain.state}${nic.domain.persistent ? '' : ', transient'}`;
  const head = [printable(nic.domain.name), state, String(nic.nic.index ?? '-'), nicDetail(nic)];
  const row = (where: string, limits: Limits): string[] => [
    ...head,
    where,
    cell(limits, 'inbound'),
    cell(limits, 'outbound'),
  ];
  if (live !== null && config !== null) {
    if (JSON.stringify(live) === JSON.stringify(config)) return [row('both', live)];
    return [row('live', live), row('persistent', config)];
  }
  return live !== null ? [row('live', live)] : config !== null ? [row('persistent', config)] : [];
}

function cell(limits: Limits, direction: Direction): string {
  return limitText(limits[direction]);
}

/** Columns on a terminal: East Asian wide letters take two. */
function width(text: string): number {
  return [...text].reduce((sum, char) => sum + (/\p{Mn}/u.test(char) ? 0 : WIDE.test(char) ? 2 : 1), 0);
}

const WIDE =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{1f300}-\u{1faff}\u{20000}-\u{3fffd}]/u;

function pad(text: string, columns: number): string {
  return text + ' '.repeat(Math.max(0, columns - width(text)));
}
