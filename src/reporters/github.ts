import { printable, shorten } from '../base/text.ts';
import type { RunResult } from '../model/result.ts';
import { summarise } from '../report/summary.ts';
import { type Finding, findingsOf, sentenceOf, type Weight } from './findings.ts';
import { markdownReport } from './markdown.ts';
import type { Attachment, ReportContext } from './reporter.ts';

/** The runner keeps so many annotations of each level for a step (ExecutionContext of actions/runner). */
const MOST = 10;
/** The runner cuts a message at 4,096 characters. */
const MOST_TEXT = 4000;
/** The runner takes 1 MiB for a step, and drops the whole of a longer summary. */
const SUMMARY_BYTES = 1_000_000;

const LEVEL: Readonly<Record<Weight, 'error' | 'warning' | 'notice'>> = {
  blocker: 'error',
  critical: 'error',
  major: 'warning',
  minor: 'warning',
  info: 'notice',
};

/**
 * Annotations of GitHub Actions (workflow commands), each at the line of the rule that causes a change or an error; the
 * worst first, and where there are more than the runner keeps the last one says how many. The summary of the step and
 * its outputs are attached.
 */
export function* githubReport(result: RunResult, context: ReportContext): Generator<string> {
  const findings = findingsOf(result).filter(({ weight }) => weight !== 'info');
  for (const level of ['error', 'warning'] as const) {
    const own = findings.filter(({ weight }) => LEVEL[weight] === level);
    const kept = own.length > MOST ? own.slice(0, MOST - 1) : own;
    for (const finding of kept) yield annotation(level, finding, context);
    if (own.length > kept.length)
      yield `::${level} title=virtune::${own.length - kept.length} more: see the summary of this step\n`;
  }
}

/** What the runner is given in files: the summary of the step, and its outputs. */
export function githubAttachments(result: RunResult, context: ReportContext): readonly Attachment[] {
  return [
    { variable: 'GITHUB_STEP_SUMMARY', pieces: markdownReport(result, context, SUMMARY_BYTES) },
    { variable: 'GITHUB_OUTPUT', pieces: outputs(result) },
  ];
}

/** Numbers only: nothing of a host can become the name of an output. */
function* outputs({ hosts, exitCode }: RunResult): Generator<string> {
  const summary = summarise(hosts);
  const sum = (status: 'pending' | 'changed'): number =>
    Object.values(summary.resources).reduce((all, counts) => all + counts[status], 0);
  const troubled = summary.hosts.failed + summary.hosts.unreachable + summary.hosts.refused;
  yield `exit-code=${exitCode}\npending=${sum('pending')}\nchanged=${sum('changed')}\ntroubled-hosts=${troubled}\n`;
}

function annotation(level: 'error' | 'warning', finding: Finding, { inRepository }: ReportContext): string {
  const { place, code } = finding;
  const where =
    place === undefined
      ? []
      : [
          `file=${property(inRepository(place.file))}`,
          `line=${place.line}`,
          ...(place.column === undefined ? [] : [`col=${place.column}`]),
        ];
  const properties = [...where, `title=${property(`virtune: ${code}`)}`].join(',');
  return `::${level} ${properties}::${data(printable(shorten(sentenceOf(finding), MOST_TEXT)))}\n`;
}

/** As the runner undoes it, the percent sign last. */
function data(text: string): string {
  return text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
}

function property(text: string): string {
  return data(printable(text)).replaceAll(':', '%3A').replaceAll(',', '%2C');
}
