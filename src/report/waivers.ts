import { printable } from '../base/text.ts';
import type { RunResult } from '../model/result.ts';
import type { WaiverUse } from '../model/waiver.ts';
import type { Paint } from './style.ts';

/** What is to be said of a waiver that does nothing. */
export function waiverWords({ state, owner, reason, until }: WaiverUse): string {
  const waiver = `the waiver of ${owner} until ${until} (${reason})`;
  return state === 'expired'
    ? `${waiver} has expired: what it covered counts again`
    : `${waiver} covers nothing that differs: it can go`;
}

/** Waivers that do nothing, each on a line. */
export function waiverLines({ waivers = [] }: RunResult, paint: Paint): string[] {
  return waivers
    .filter(({ state }) => state === 'expired' || state === 'unused')
    .map((waiver) =>
      paint('yellow', printable(`warning: ${waiver.file}:${waiver.line}: ${waiverWords(waiver)}`)),
    );
}
