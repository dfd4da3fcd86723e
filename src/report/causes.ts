import { plural, printable } from '../base/text.ts';
import type { Cause } from '../model/cause.ts';
import type { RunResult } from '../model/result.ts';
import type { Paint } from './style.ts';

/** Of VMs that are gone; the JSON report has all. */
const MOST_GONE = 20;

/** Why something differs, with what that is told by. */
export function causeText({ text, detail }: Cause): string {
  return detail === undefined ? text : `${text}: ${detail}`;
}

/** What a comparison with an earlier run tells beside the causes of differences. */
export function baselineLines({ baseline, gone = [] }: RunResult, paint: Paint): string[] {
  const note = baseline?.note;
  const lines = gone
    .slice(0, MOST_GONE)
    .map(({ kind, text }) =>
      kind === 'moved'
        ? paint('dim', `note: ${printable(text)}`)
        : paint('yellow', `warning: ${printable(text)}`),
    );
  const rest = gone.length - lines.length;
  return [
    ...(note === undefined ? [] : [paint('dim', `note: ${printable(note)}`)]),
    ...lines,
    ...(rest > 0 ? [paint('dim', `and ${plural(rest, 'more VM')} that are not there any more`)] : []),
  ];
}
