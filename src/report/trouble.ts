import { printable } from '../base/text.ts';
import { counts, SUBJECT_FAILURES } from '../engine/failures.ts';
import type { HostResult } from '../model/result.ts';
import { isToldOfHost } from './groups.ts';
import { errorBelow } from './remedies.ts';
import { HOST_LOOK, type Paint, SUBJECT_LOOK } from './style.ts';
import { subjectName } from './text.ts';

/** What went wrong with a host, in one line, as soon as it is known; '' where nothing did. */
export function troubleText(host: HostResult, paint: Paint): string {
  if (!counts(host)) return '';
  const { words, format } = HOST_LOOK[host.status];
  const bad = host.resources
    .filter(({ status, ignored }) => ignored !== true && SUBJECT_FAILURES.includes(status))
    .filter((change) => !isToldOfHost(change, host));
  const error = errorBelow(host);
  const [first, ...more] = [
    ...(error === undefined ? [] : [error]),
    ...bad.map((change) => {
      const reason = change.reason === undefined ? '' : `: ${change.reason}`;
      return `${subjectName(change)} ${SUBJECT_LOOK[change.status].words}${reason}`;
    }),
  ];
  const rest = more.length === 0 ? '' : ` (and ${more.length} more)`;
  const why = first === undefined ? '' : `: ${printable(first)}`;
  return `${paint(format, `! ${printable(host.name)}: ${words}`)}${why}${rest}`;
}
