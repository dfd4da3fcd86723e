import { cpus } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';

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

/** How busy the machine is with other things, which every figure depends on: "3 % busy", of all processors. */
export async function busyText(): Promise<string> {
  return `machine ${Math.round((await busy()) * 100)} % busy before`;
}

/** Waits until a lab or a fleet that has just started is quiet, half a minute at most. */
export async function settle(): Promise<void> {
  for (let tries = 0; tries < 30 && (await busy()) > 0.1; tries++);
}

async function busy(): Promise<number> {
  const sums = (): { idle: number; all: number } => {
    const times = cpus().map((cpu) => cpu.times);
    const sum = (numbers: readonly number[]): number => numbers.reduce((a, b) => a + b, 0);
    return {
      idle: sum(times.map((t) => t.idle)),
      all: sum(times.flatMap((t) => Object.values(t))),
    };
  };
  const before = sums();
  await sleep(1_000);
  const after = sums();
  return 1 - (after.idle - before.idle) / (after.all - before.all);
}
