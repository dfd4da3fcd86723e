import { printable } from './text.ts';

/** Prometheus' text format 0.0.4. */

export type Labels = Readonly<Record<string, string>>;
export type Sample = readonly [Labels, number];

/** A family with its samples; without any, its heading. */
export function family(
  name: string,
  type: 'gauge' | 'counter' | 'histogram',
  help: string,
  samples: readonly Sample[],
): string {
  const lines = samples.map(([labels, value]) => sampleLine(name, labels, value));
  return `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n${lines.join('')}`;
}

export function sampleLine(name: string, labels: Labels, value: number): string {
  const words = Object.entries(labels).map(([label, text]) => `${label}="${escaped(text)}"`);
  return `${name}${words.length === 0 ? '' : `{${words.join(',')}}`} ${value}\n`;
}

/** What a label value may hold, on one line. */
function escaped(text: string): string {
  return printable(text).replaceAll('\\', '\\\\').replaceAll('"', '\\"');
}
