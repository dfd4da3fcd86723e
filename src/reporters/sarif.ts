import { jsonText } from '../base/json_text.ts';
import { printable, shorten } from '../base/text.ts';
import type { RunResult } from '../model/result.ts';
import { laterLines } from '../report/later.ts';
import { type Finding, findingsOf, sentenceOf, type Weight } from './findings.ts';
import type { ReportContext } from './reporter.ts';

/** GitHub shows 5,000 results of a run. */
const MOST = 5000;

const LEVEL: Readonly<Record<Weight, 'error' | 'warning' | 'note'>> = {
  blocker: 'error',
  critical: 'error',
  major: 'warning',
  minor: 'warning',
  info: 'note',
};

/** SARIF 2.1.0 of what did not pass in a run, in the subset that GitHub's code scanning reads. */
export function* sarifReport(result: RunResult, context: ReportContext, most = MOST): Generator<string> {
  const all = findingsOf(result).filter(
    ({ weight, change }) => weight !== 'info' || change?.waiver !== undefined,
  );
  yield `${jsonText(
    sarifLog(
      all,
      context,
      result.playbooks[0],
      most,
      laterLines(result, (_, text) => text),
    ),
  )}\n`;
}

/**
 * The log of some findings, the worst first.
 * @param file where to tell what has no line of its own: code scanning shows no result without a file
 * @param later what changes of itself later, in words
 */
export function sarifLog(
  findings: readonly Finding[],
  { version, inRepository }: ReportContext,
  file: string | undefined,
  most = MOST,
  later: readonly string[] = [],
): object {
  const kept = findings.slice(0, most);
  const cut = findings.length - kept.length;
  const told = `${cut} more findings are left out: the JSON report has them all`;
  return {
    $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
    version: '2.1.0',
    runs: [
      {
        tool: {
          driver: { name: 'virtune', semanticVersion: version, rules: rulesOf(kept) },
        },
        automationDetails: { id: 'virtune/' },
        columnKind: 'utf16CodeUnits',
        ...(later.length === 0 ? {} : { properties: { later } }),
        ...(cut === 0
          ? {}
          : {
              invocations: [
                {
                  executionSuccessful: true,
                  toolExecutionNotifications: [{ level: 'warning', message: { text: told } }],
                },
              ],
            }),
        results: kept.map((finding) => {
          const { code, weight, place, fingerprint } = finding;
          const path = place?.file ?? file;
          const region = {
            startLine: place?.line ?? 1,
            ...(place?.column ? { startColumn: place.column } : {}),
          };
          const location = path && { artifactLocation: { uri: uriOf(inRepository(path)) }, region };
          return {
            ruleId: code,
            level: LEVEL[weight],
            message: { text: textOf(finding) },
            ...(location ? { locations: [{ physicalLocation: location }] } : {}),
            partialFingerprints: { primaryLocationLineHash: fingerprint },
            ...propertiesOf(finding),
            ...suppressionOf(finding),
          };
        }),
      },
    ],
  };
}

/** Why it differs, and what changes of itself later, for programs. */
function propertiesOf({ change }: Finding): object {
  const { cause, next } = change ?? {};
  const why =
    cause === undefined
      ? {}
      : { cause: cause.kind, alsoCauses: cause.also ?? [], changedByHandIn: cause.states ?? [] };
  const then = next === undefined ? {} : { next: { at: next.at, text: printable(next.text) } };
  const properties = { ...why, ...then };
  return Object.keys(properties).length === 0 ? {} : { properties };
}

/** What is waived is there and accepted: viewers show it as such, and count it no more. */
function suppressionOf({ change }: Finding): object {
  if (change?.waiver === undefined) return {};
  const { owner, reason, until } = change.waiver;
  const justification = printable(shorten(`${reason} (${owner}, until ${until})`, 1000));
  return { suppressions: [{ kind: 'external', status: 'accepted', justification }] };
}

function rulesOf(findings: readonly Finding[]): readonly object[] {
  const weights = new Map(findings.map(({ code, weight }) => [code, weight]));
  return [...weights].map(([id, weight]) => ({
    id,
    name: id,
    shortDescription: { text: aboutOf(id) },
    fullDescription: { text: aboutOf(id) },
    help: { text: `${aboutOf(id)}. See docs/outcomes.md of virtune.` },
    defaultConfiguration: { level: LEVEL[weight] },
  }));
}

const ABOUT: Readonly<Record<string, string>> = {
  pending: 'Limits of a running VM are not as declared',
  refused: 'A change was refused',
  missing_domain: 'A rule names a VM that no host has',
  unmatched_rule: 'A rule names nothing',
  gone_vm: 'A VM that rules named is gone',
  waived: 'A difference is waived',
  expired_waiver: 'A waiver has expired',
  unused_waiver: 'A waiver covers nothing that differs',
  invalid: 'Something in a file is wrong',
  warning: 'Something in a file is probably not meant so',
};

function aboutOf(code: string): string {
  return ABOUT[code] ?? `Limits could not be set: ${printable(code)}`;
}

/** Never empty, since that is refused. */
function textOf(finding: Finding): string {
  return printable(shorten(sentenceOf(finding), 1000)) || '-';
}

function uriOf(path: string): string {
  return path.split('/').map(encodeSegment).join('/');
}

function encodeSegment(segment: string): string {
  return encodeURIComponent(segment.replaceAll(/\p{Cs}/gu, '\ufffd'));
}
