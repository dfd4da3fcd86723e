import { printable } from '../base/text.ts';
import type { Diagnostic } from '../model/diagnostic.ts';
import type { RunResult } from '../model/result.ts';
import type { BoundWaiver, WaiverUse } from '../model/waiver.ts';
import { isExpired } from '../waivers/uses.ts';
import type { Paint } from './style.ts';

/** What is to be said of a waiver that does nothing. */
export function waiverWords({ state, owner, reason, until }: WaiverUse): string {
  const waiver = `the waiver of ${owner} until ${until} (${reason})`;
  return state === 'expired'
    ? `${waiver} has expired: what it covered counts again`
    : `${waiver} covers nothing that differs: it can go`;
}

/** Those that hold no more, as warnings of files. @param now in ms since 1970 */
export function expiredOf(waivers: readonly BoundWaiver[], now: number): readonly Diagnostic[] {
  return waivers
    .filter((waiver) => isExpired(waiver, now))
    .map((waiver) => {
      const message = waiverWords({ ...waiver, state: 'expired', count: 0 });
      return { severity: 'warning', message, place: waiver.place };
    });
}

/** Waivers that do nothing, each on a line. */
export function waiverLines({ waivers = [] }: RunResult, paint: Paint): string[] {
  return waivers
    .filter(({ state }) => state === 'expired' || state === 'unused')
    .map((waiver) =>
      paint('yellow', printable(`warning: ${waiver.file}:${waiver.line}: ${waiverWords(waiver)}`)),
    );
}
