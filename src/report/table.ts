import { printable } from '../base/text.ts';
import { trialText } from '../engine/on_trial.ts';
import { beforeOf, type Change, kernelBefore, type Values } from '../model/change.ts';
import type { HostResult } from '../model/result.ts';
import { moduleNamed } from '../modules/index.ts';
import type { AnyModule } from '../modules/module.ts';
import { errorBelow } from './remedies.ts';
import { HOST_LOOK, type Paint } from './style.ts';
import { tableLines } from './table_layout.ts';
import type { TextOptions } from './text.ts';
import { painted, wrapText } from './wrap.ts';

/** What `virtune show` says of a host: every subject with both of its states, one line where they agree. */
export function hostTable(host: HostResult, options: TextOptions): string[] {
  const { paint, columns } = options;
  const lines = [paint('bold', printable(host.name))];
  if (host.error !== undefined)
    lines.push(`  ${paint(HOST_LOOK[host.status].format, printable(errorBelow(host) ?? ''))}`);
  const modules = [...new Set(host.resources.map(({ module }) => module))].map(moduleNamed);
  if (modules.length === 0 && host.error === undefined) lines.push('  nothing there that could be limited');
  for (const [index, module] of modules.entries()) {
    if (index > 0) lines.push('');
    lines.push(...moduleTable(module, host, options));
  }
  for (const note of host.notes ?? []) lines.push(`  ${paint('dim', `note: ${printable(note)}`)}`);
  const below = (format: Parameters<Paint>[0], said: readonly string[]) =>
    said.flatMap((one) => painted(wrapText(printable(one), 2, columns), paint, format));
  return [
    ...lines,
    ...below('yellow', kernelTexts(host)),
    ...below('cyan', nextTexts(host)),
    ...below('cyan', trialTexts(host)),
    ...below('dim', noteTexts(host)),
    '',
  ];
}

function moduleTable(
  module: AnyModule,
  host: HostResult,
  { paint, columns, verbose }: TextOptions,
): string[] {
  const rows = host.resources
    .filter((change) => change.module === module.name)
    .flatMap((change) => subjectRows(change, verbose));
  const head = ['VM', 'state', module.kind, 'device', 'where', ...module.text.columns];
  // A VM has one memory; that a row is about it, its table says.
  const idle: Readonly<Record<number, string>> = { 2: module.kind, 3: '' };
  const shown = head.map((_, i) => rows.some((row) => row[i] !== idle[i]));
  const all = [head, ...rows].map((row) => row.filter((_, i) => shown[i]));
  const [titles = [], ...lines] = tableLines(all, 2, columns);
  return [...titles.map((title) => paint('dim', title)), ...lines.flat()];
}

/** What is to be said of the kernel, each subject at its name. */
function kernelTexts({ resources }: HostResult): readonly string[] {
  return resources.flatMap((one) => (one.kernel?.drift ?? []).map(({ text }) => `${nameOf(one)}: ${text}`));
}

/** What changes later, each subject at its name. */
function nextTexts({ resources }: HostResult): readonly string[] {
  return resources.flatMap((one) => (one.next === undefined ? [] : [`${nameOf(one)}: ${one.next.text}`]));
}

/** What its host gives back by itself, each subject at its name. */
function trialTexts({ resources }: HostResult): readonly string[] {
  return resources.flatMap((one) =>
    one.onTrial === undefined ? [] : [`${nameOf(one)}: ${trialText(one.onTrial)}`],
  );
}

/** What else is worth knowing of a subject that no rule names; what its kernel does is told already. */
function noteTexts({ resources }: HostResult): readonly string[] {
  return resources
    .filter(({ status }) => status === 'unmanaged')
    .flatMap((one) =>
      (one.notes ?? [])
        .filter((note) => one.kernel?.drift.every(({ text }) => text !== note) ?? true)
        .map((note) => `${nameOf(one)}: ${note}`),
    );
}

const nameOf = ({ domain, subject }: Change): string => `${domain.name} ${subject.label}`.trim();

/** @param full with what is as it usually is; where else two states could not be told apart, it is told anyway */
function subjectRows(change: Change, full: boolean): string[][] {
  const { text, kind } = moduleNamed(change.module);
  const { domain, subject } = change;
  const state = `${domain.state}${domain.persistent ? '' : ', transient'}${domain.managedSave ? ', saved' : ''}`;
  const label = subject.label.startsWith(`${kind} `) ? subject.label.slice(kind.length + 1) : subject.label;
  const head = [domain.name, state, label || '-', text.detail(subject)].map(printable);
  const [live, config] = [beforeOf(change, 'live'), beforeOf(change, 'config')];
  const kernel = kernelBefore(change);
  const states = [live, config, kernel ?? null].filter((values) => values !== null);
  const told = (short: boolean) =>
    new Set(states.map((values) => JSON.stringify(text.cells(values, short)))).size;
  const brief = !full && told(true) === told(false);
  const row = (where: string, values: Values): string[] => [
    ...head,
    where,
    ...text.cells(values, brief).map(printable),
  ];
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
