import { jsonText } from '../base/json_text.ts';
import { printable, shorten } from '../base/text.ts';
import type { RunResult } from '../model/result.ts';
import { type Finding, findingsOf, sentenceOf } from './findings.ts';
import type { ReportContext } from './reporter.ts';

/** The widget of a merge request is no place for more, and GitLab parses the whole file for it. */
const MOST = 5000;

/**
 * GitLab's Code Quality report: an array of what did not pass, the worst first, each at the line of the rule that
 * decided. What has no line of its own (a host that is down) is told at the playbook, since every entry needs a file.
 * A fingerprint stays the same over runs: GitLab compares the two branches by it, and shows one entry for each.
 */
export function* gitlabReport(result: RunResult, context: ReportContext, most = MOST): Generator<string> {
  const all = findingsOf(result).filter(({ weight }) => weight !== 'info');
  const file = result.playbooks[0];
  const entries = all.slice(0, most).map((finding) => entryOf(finding, file, context));
  const cut = all.length - entries.length;
  if (cut > 0)
    entries.push({
      description: `${cut} more findings are left out: the JSON report has them all`,
      check_name: 'virtune/cut',
      fingerprint: 'cut',
      severity: 'info',
      location: { path: path(file, context), lines: { begin: 1 } },
    });
  yield '[';
  for (const [index, entry] of entries.entries()) yield `${index === 0 ? '' : ','}\n  ${jsonText(entry, 0)}`;
  yield entries.length === 0 ? ']\n' : '\n]\n';
}

function entryOf(finding: Finding, playbook: string | undefined, context: ReportContext) {
  const { code, fingerprint, weight, place } = finding;
  return {
    description: printable(shorten(sentenceOf(finding), 1000)),
    check_name: `virtune/${code}`,
    fingerprint,
    severity: weight as string,
    location: { path: path(place?.file ?? playbook, context), lines: { begin: place?.line ?? 1 } },
  };
}

function path(file: string | undefined, { inRepository }: ReportContext): string {
  return inRepository(file === undefined || file === '' ? 'playbook' : file);
}
