import { readFile } from 'node:fs/promises';
import { above } from '../base/screen.ts';
import type { Diagnostic } from '../model/diagnostic.ts';
import type { CloudConfig } from '../openstack/config.ts';
import { paintFor } from '../report/style.ts';
import { isVaultText } from '../vault/envelope.ts';
import { maskText } from './mask.ts';

/** Prints diagnostics to standard error, in the order of their files' lines, each with an excerpt of its file. */
export async function printDiagnostics(diagnostics: readonly Diagnostic[]): Promise<void> {
  if (diagnostics.length === 0) return;
  // Widths of letters take 40 ms to load.
  const [{ renderDiagnostic }, { hung }, { painted, wrapText }] = await Promise.all([
    import('../report/diagnostic.ts'),
    import('../report/hang.ts'),
    import('../report/wrap.ts'),
  ]);
  const paint = paintFor(process.stderr);
  const texts = new Map<string, Promise<string | undefined>>();
  for (const diagnostic of [...diagnostics].sort(byPlace)) {
    const file = diagnostic.place?.file;
    if (file && !texts.has(file))
      texts.set(
        file,
        readFile(file, 'utf8').then(excerptText, () => undefined),
      );
    const [head = '', ...rest] = renderDiagnostic(diagnostic, file ? await texts.get(file) : undefined).split(
      '\n',
    );
    const colour = COLOURS[diagnostic.severity];
    const { columns } = process.stderr;
    // Excerpts with a caret stay as they are.
    const more = rest.flatMap((line) => (line.startsWith('  hint: ') ? hung([line], columns) : [line]));
    const lines = [...painted(wrapText(head, 0, columns), paint, colour), ...more];
    above(() => process.stderr.write(`${lines.join('\n')}\n`));
  }
}

/** @param told what was told already, and takes what is told now; without it all is told */
export function untold(told: Set<string> | undefined): (one: Diagnostic) => boolean {
  return ({ message, place }) => {
    const key = `${place?.file}:${place?.line} ${message}`;
    if (told?.has(key)) return false;
    told?.add(key);
    return true;
  };
}

/** For a cloud that somebody may wait for. @param told as of {@link untold} */
export function tellSlowCloud(told?: Set<string>): (cloud: Pick<CloudConfig, 'name' | 'authUrl'>) => void {
  const isUntold = untold(told);
  return ({ name, authUrl }) => {
    const message = `the cloud ${name} (${authUrl}) has not told of all its hosts and servers yet: waiting for it`;
    const note: Diagnostic = { severity: 'note', message };
    if (isUntold(note)) void printDiagnostics([note]);
  };
}

const COLOURS = { error: 'red', warning: 'yellow', note: 'cyan' } as const;

/** What excerpts may show of a file. Of an encrypted one nothing: places are those in the text that it hides. */
function excerptText(text: string): string | undefined {
  return isVaultText(text) ? undefined : maskText(text);
}

function byPlace(a: Diagnostic, b: Diagnostic): number {
  const file = (d: Diagnostic) => d.place?.file ?? '';
  if (file(a) !== file(b)) return file(a) < file(b) ? -1 : 1;
  return (a.place?.line ?? 0) - (b.place?.line ?? 0) || (a.place?.column ?? 0) - (b.place?.column ?? 0);
}
