import { plural, printable, shorten } from '../base/text.ts';
import { counts, hasFailed } from '../engine/failures.ts';
import { HOST_STATUSES, type HostResult, type RunResult } from '../model/result.ts';
import { summarise } from '../report/summary.ts';
import { hostWords } from '../report/text.ts';
import { findingsOf, messageOf, nameOf, verdictIn } from './findings.ts';

/** What a chat or a program is told of a run, and in which shape. */
export const NOTIFICATION_SHAPES = ['json', 'slack', 'matrix'] as const;

export type NotificationShape = (typeof NOTIFICATION_SHAPES)[number];

export const NOTIFICATION_SCHEMA = 'virtune.notification/1';

/** When somebody is told: something was changed or would be, or something went wrong. */
export const NOTIFY_ON = ['change', 'trouble'] as const;

export type NotifyOn = (typeof NOTIFY_ON)[number];

/** Of hosts in trouble, and of the text of each. */
const MOST_HOSTS = 10;
const MOST_TEXT = 300;

/** Whether a run has anything to tell to those who want to hear of this. */
export function isNotable(result: RunResult, on: readonly NotifyOn[]): boolean {
  const changed = result.hosts.some(({ resources }) =>
    resources.some(({ status }) => status === 'changed' || status === 'pending'),
  );
  const troubled = ![0, 2].includes(result.exitCode) || result.hosts.some(counts);
  return (on.includes('change') && changed) || (on.includes('trouble') && troubled);
}

/**
 * The body of a notification, as JSON. Names and errors of hosts are data: Slack's `&`, `<` and `>`, of which mentions
 * and links are made, are escaped (docs.slack.dev/messaging/formatting-message-text), and Matrix gets plain text that
 * mentions nobody (`m.mentions` of spec.matrix.org v1.7).
 */
export function notification(shape: NotificationShape, result: RunResult): string {
  if (shape === 'json') return JSON.stringify(jsonBody(result));
  const text = [titleOf(result), ...troubleLines(result)].join('\n');
  if (shape === 'matrix') return JSON.stringify({ msgtype: 'm.notice', body: text, 'm.mentions': {} });
  const escaped = text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
  return JSON.stringify({ text: escaped, mrkdwn: false });
}

function jsonBody(result: RunResult): object {
  const { id, mode, startedAt, finishedAt, playbooks, inventory, user, command, exitCode } = result;
  return {
    schema: NOTIFICATION_SCHEMA,
    title: titleOf(result),
    run: { id, mode, startedAt, finishedAt, playbooks, inventory, user, command },
    exitCode,
    summary: summarise(result.hosts),
    trouble: troubled(result)
      .slice(0, MOST_HOSTS)
      .map((host) => ({ host: host.name, status: host.status, message: whyOf(host) })),
  };
}

/** `virtune: 2 would change, 1 failed (check mode), exit 3` */
function titleOf(result: RunResult): string {
  const check = result.mode === 'check';
  const { hosts } = summarise(result.hosts);
  const words = HOST_STATUSES.filter((status) => hosts[status] > 0).map(
    (status) => `${hosts[status]} ${hostWords({ status } as HostResult, check)}`,
  );
  return `virtune: ${words.join(', ') || 'no hosts'}${check ? ' (check mode)' : ''}, exit ${result.exitCode}`;
}

function troubleLines(result: RunResult): string[] {
  const all = troubled(result);
  const lines = all.slice(0, MOST_HOSTS).map((host) => {
    const why = whyOf(host);
    return printable(`${host.name}: ${host.status}${why === '' ? '' : `: ${why}`}`);
  });
  const rest = all.length - lines.length;
  if (rest > 0) lines.push(`and ${plural(rest, 'more host')}: see the report`);
  // What ends a run with 1 is no host's.
  const wrong = findingsOf(result).filter(({ host, outcome }) => host === '' && outcome === 'error');
  lines.push(...wrong.slice(0, MOST_HOSTS).map(({ message }) => printable(shorten(message, MOST_TEXT))));
  if (wrong.length > MOST_HOSTS) lines.push(`and ${wrong.length - MOST_HOSTS} more: see the report`);
  return lines;
}

function troubled(result: RunResult): readonly HostResult[] {
  return result.hosts.filter(counts);
}

/** The host's own error, or what became of the first of its subjects that made it what it is. */
function whyOf(host: HostResult): string {
  if (host.error !== undefined) return shorten(host.error, MOST_TEXT);
  const { status, resources } = host;
  const bad =
    resources.find((change) => change.status === status && change.ignored !== true) ??
    resources.find(hasFailed) ??
    resources.find((change) => verdictIn(host, change).outcome === 'error');
  return bad === undefined ? '' : shorten(`${nameOf(bad)}: ${messageOf(bad)}`, MOST_TEXT);
}
