import stringWidth from 'string-width';
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
  const widths = HEAD.map((title, i) =>
    Math.max(stringWidth(title), ...rows.map((row) => stringWidth(row[i] ?? ''))),
  );
  const line = (row: readonly string[]) =>
    `  ${row.map((cell, i) => pad(cell, widths[i] ?? 0)).join('  ')}`.trimEnd();
  if (rows.length > 0) lines.push(paint('dim', line(HEAD)), ...rows.map(line));
  return [...lines, ''];
}

const HEAD = ['VM', 'state', 'nic', 'device', 'where', 'receives', 'sends'];

function nicRows(nic: NicResult): string[][] {
  const { live, config } = nic.before;
  const state = `${nic.domain.state}${nic.domain.persistent ? '' : ', transient'}${nic.domain.managedSave ? ', saved' : ''}`;
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

function pad(text: string, columns: number): string {
  return text + ' '.repeat(Math.max(0, columns - stringWidth(text)));
}
