import { loadavg } from 'node:os';

/** One line of the result. */
export interface Row {
  readonly what: string;
  readonly value: string;
  /** The figure to reach and whether it was; absent where there is none. */
  readonly goal?: { readonly text: string; readonly met: boolean };
  readonly detail?: string;
}

export interface Section {
  readonly title: string;
  readonly rows: readonly Row[];
  /** Why nothing was measured. */
  readonly missing?: string;
}

export function atMost(value: number, limit: number, text: string): NonNullable<Row['goal']> {
  return { text: `≤ ${text}`, met: value <= limit };
}

export function renderTable(sections: readonly Section[]): string {
  const rows = sections.flatMap((section) => section.rows);
  const width = (cell: (row: Row) => string) => Math.max(0, ...rows.map((row) => cell(row).length));
  const goal = (row: Row) => (row.goal === undefined ? '' : `${row.goal.met ? '✓' : '✗'} ${row.goal.text}`);
  const widths = [width((row) => row.what), width((row) => row.value), width(goal)] as const;
  const lines = sections.flatMap(({ title, rows: own, missing }) => [
    '',
    title,
    ...(missing === undefined ? [] : [`  not measured: ${missing}`]),
    ...own.map((row) =>
      [
        `  ${row.what.padEnd(widths[0])}`,
        row.value.padStart(widths[1]),
        goal(row).padEnd(widths[2]),
        row.detail ?? '',
      ]
        .join('  ')
        .trimEnd(),
    ),
  ]);
  return lines.join('\n').trimStart();
}

export const ms = (value: number): string => `${value < 10 ? value.toFixed(1) : Math.round(value)} ms`;
export const seconds = (value: number): string => `${(value / 1000).toFixed(2)} s`;
export const times = (value: number): string => `${value.toFixed(2)} ×`;
export const mebibytes = (bytes: number): string => `${Math.round(bytes / 1024 / 1024)} MiB`;

/** The machine's load of the last minute, which every figure depends on. */
export const load = (): string => (loadavg()[0] as number).toFixed(1);
