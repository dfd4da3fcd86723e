import { printable } from '../base/text.ts';
import { beforeOf, type Change, type Values } from '../model/change.ts';
import type { HostResult } from '../model/result.ts';
import { moduleNamed } from '../modules/index.ts';
import type { AnyModule } from '../modules/module.ts';
import { columnsOf } from './columns.ts';
import { errorOf } from './remedies.ts';
import { HOST_LOOK, type Paint } from './style.ts';
import type { TextOptions } from './text.ts';

/** What `virtune show` says of a host: every subject with both of its states, one line where they agree. */
export function hostTable(host: HostResult, { paint }: TextOptions): string[] {
  const lines = [paint('bold', printable(host.name))];
  if (host.error !== undefined)
    lines.push(`  ${paint(HOST_LOOK[host.status].format, printable(errorOf(host) ?? ''))}`);
  const modules = [...new Set(host.resources.map(({ module }) => module))].map(moduleNamed);
  if (modules.length === 0 && host.error === undefined) lines.push('  nothing there that could be limited');
  for (const [index, module] of modules.entries()) {
    if (index > 0) lines.push('');
    lines.push(...moduleTable(module, host, paint));
  }
  return [...lines, ''];
}

function moduleTable(module: AnyModule, host: HostResult, paint: Paint): string[] {
  const rows = host.resources.filter((change) => change.module === module.name).flatMap(subjectRows);
  const head = ['VM', 'state', module.kind, 'device', 'where', ...module.text.columns];
  // A VM has one memory; that a row is about it, its table says.
  const idle: Readonly<Record<number, string>> = { 2: module.kind, 3: '' };
  const shown = head.map((_, i) => rows.some((row) => row[i] !== idle[i]));
  const widths = head.map((title, i) =>
    Math.max(columnsOf(title), ...rows.map((row) => columnsOf(row[i] ?? ''))),
  );
  const line = (row: readonly string[]) => {
    const cells = row.flatMap((cell, i) => (shown[i] ? [pad(cell, widths[i] ?? 0)] : []));
    return `  ${cells.join('  ')}`.trimEnd();
  };
  return [paint('dim', line(head)), ...rows.map(line)];
}

function subjectRows(change: Change): string[][] {
  const { text, kind } = moduleNamed(change.module);
  const { domain, subject } = change;
  const state = `${domain.state}${domain.persistent ? '' : ', transient'}${domain.managedSave ? ', saved' : ''}`;
  const label = subject.label.startsWith(`${kind} `) ? subject.label.slice(kind.length + 1) : subject.label;
  const head = [domain.name, state, label || '-', text.detail(subject)].map(printable);
  const row = (where: string, values: Values): string[] => [
    ...head,
    where,
    ...text.cells(values).map(printable),
  ];
  const [live, config] = [beforeOf(change, 'live'), beforeOf(change, 'config')];
  if (live !== null && config !== null) {
    if (JSON.stringify(live) === JSON.stringify(config)) return [row('both', live)];
    return [row('live', live), row('persistent', config)];
  }
  return live !== null ? [row('live', live)] : config !== null ? [row('persistent', config)] : [];
}

function pad(text: string, columns: number): string {
  return text + ' '.repeat(Math.max(0, columns - columnsOf(text)));
}
