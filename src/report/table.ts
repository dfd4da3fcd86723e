import { printable } from '../base/text.ts';
import { beforeOf, type Change, kernelBefore, type Values } from '../model/change.ts';
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
  for (const note of host.notes ?? []) lines.push(`  ${paint('dim', `note: ${printable(note)}`)}`);
  return [...lines, ...kernelLines(host, paint), ''];
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

/** What is to be said of the kernel, each subject at its name. */
function kernelLines({ resources }: HostResult, paint: Paint): string[] {
  return resources.flatMap(({ kernel, domain, subject }) =>
    (kernel?.drift ?? []).map(({ text }) =>
      paint('yellow', `  ${printable(`${domain.name} ${subject.label}`.trim())}: ${printable(text)}`),
    ),
  );
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
  const kernel = kernelBefore(change);
  const seen =
    kernel === undefined
      ? []
      : [
          kernel === null
            ? [...head, 'kernel', ...text.columns.map(() => 'not known')]
            : row('kernel', kernel),
        ];
  if (live !== null && config !== null) {
    if (JSON.stringify(live) === JSON.stringify(config)) return [row('both', live), ...seen];
    return [row('live', live), row('persistent', config), ...seen];
  }
  if (live !== null) return [row('live', live), ...seen];
  return config === null ? [] : [row('persistent', config)];
}

function pad(text: string, columns: number): string {
  return text + ' '.repeat(Math.max(0, columns - columnsOf(text)));
}
