import { plural } from '../../base/text.ts';
import {
  beforeOf,
  type Change,
  commandLines,
  desiredOf,
  kernelBefore,
  type Values,
} from '../../model/change.ts';
import type { HostResult, RunResult } from '../../model/result.ts';
import { moduleNamed } from '../../modules/index.ts';
import { causeText } from '../../report/causes.ts';
import { hostCounts } from '../../report/counts.ts';
import { HOST_LOOK, SUBJECT_LOOK } from '../../report/style.ts';
import { WOULD_CHANGE } from '../../report/text.ts';
import { changeFingerprint, hostVerdict, verdictIn, WEIGHTS } from '../findings.ts';
import { code, text } from './markup.ts';

/** What a reader looks for first: the first subjects of a host, and whether the host stands open. */
export function isQuiet(change: Change): boolean {
  return change.status === 'inSync' || change.status === 'unmanaged';
}

/** A host with all that is listed of it. What is quiet is folded. @param id unique in the page */
export function hostPart(host: HostResult, id: string, { mode }: RunResult): string {
  const { status } = host;
  const words = status === 'changed' && mode === 'check' ? WOULD_CHANGE : HOST_LOOK[status].words;
  const kind = hostKind(host);
  const news = host.resources
    .filter((change) => !isQuiet(change))
    .toSorted((a, b) => gravity(host, a) - gravity(host, b));
  const quiet = host.resources.filter(isQuiet);
  const error = host.error === undefined ? '' : `<p class="bad">${text(host.error)}</p>`;
  const notes = (host.notes ?? []).map((note) => `<p class="dim">note: ${text(note)}</p>`).join('');
  const rest =
    quiet.length === 0
      ? ''
      : `<details><summary>${quiet.length} unchanged</summary><div class="body">${table(host, quiet)}</div></details>`;
  const time = `<span class="dim">${(host.durationMs / 1000).toFixed(1)} s</span>`;
  return `<details id="${id}" data-host="${text(host.name)}" data-status="${status}"${kind === 'bad' || kind === 'news' ? ' open' : ''}>
<summary><strong>${text(host.name)}</strong> <span class="status ${kind}">${words}${host.ignored === true ? ', ignored' : ''}</span> ${text(hostCounts(host))} ${time}</summary>
<div class="body">${error}${notes}${news.length === 0 ? '' : table(host, news)}${rest}
<p class="dim"><a href="#${id}">link to this host</a></p></div></details>
`;
}

/** What went wrong stands above what is to change or was changed. */
function gravity(host: HostResult, change: Change): number {
  return WEIGHTS.indexOf(verdictIn(host, change).weight);
}

function hostKind(host: HostResult): string {
  const { outcome } = hostVerdict(host);
  if (outcome === 'skipped') return 'none';
  if (outcome !== 'passed') return 'bad';
  return host.status === 'changed' ? 'news' : 'passed';
}

const TITLES = ['what', 'status', 'desired', 'persistent', 'live', 'kernel', 'rule', 'command'] as const;

/** The kernel has a column only where somebody asked what it does. */
function table(host: HostResult, changes: readonly Change[]): string {
  const looked = changes.some(({ kernel }) => kernel !== undefined);
  const titles = TITLES.filter((title) => looked || title !== 'kernel');
  const head = titles.map((title) => `<th scope="col">${title}</th>`).join('');
  return `<table class="subjects"><thead><tr>${head}</tr></thead><tbody>${changes.map((change) => row(host, change, titles)).join('')}</tbody></table>`;
}

function row(host: HostResult, change: Change, titles: readonly string[]): string {
  const { status, domain, subject, rules, reason, notes = [], next, cause } = change;
  const { outcome } = verdictIn(host, change);
  const kind =
    outcome === 'error' || outcome === 'failure'
      ? status === 'pending'
        ? 'news'
        : 'bad'
      : STATUS_KIND[status];
  const id = `s-${changeFingerprint(host.name, change).slice(0, 16)}`;
  const where = moduleNamed(change.module).text.detail(subject);
  const why = cause === undefined ? undefined : `why: ${causeText(cause)}`;
  const later = next === undefined ? undefined : `later: ${next.text}`;
  const said = [reason, why, ...notes.map((note) => `note: ${note}`), later].filter(
    (one) => one !== undefined,
  );
  const cells = [
    `<span class="status ${kind ?? 'none'}">${SUBJECT_LOOK[status].words}</span>${said.map((one) => `<p>${text(one)}</p>`).join('')}`,
    desiredCell(change),
    valuesCell(change, beforeOf(change, 'config')),
    valuesCell(change, beforeOf(change, 'live')),
    ...(titles.includes('kernel') ? [kernelCell(change)] : []),
    rules
      .map(
        (rule) =>
          `<p>${text(rule.name)}${rule.file === '' ? '' : `<br>${code(`${rule.file}:${rule.line}`)}`}</p>`,
      )
      .join(''),
    commandsCell(change),
  ];
  const tds = cells.map((cell, index) => `<td data-title="${titles[index + 1]}">${cell}</td>`).join('');
  return `<tr id="${id}" data-status="${status}"><th scope="row"><a href="#${id}">${text(`${domain.name} ${subject.label}`.trim())}</a>${where === '' ? '' : `<br><span class="dim">${text(where)}</span>`}</th>${tds}</tr>\n`;
}

const STATUS_KIND: Readonly<Record<string, string>> = { inSync: 'passed', changed: 'news', pending: 'news' };

function desiredCell(change: Change): string {
  const [live, config] = [desiredOf(change, 'live'), desiredOf(change, 'config')];
  const alike = JSON.stringify(live) === JSON.stringify(config);
  if (alike || Object.keys(config).length === 0) return words(change, live);
  if (Object.keys(live).length === 0) return words(change, config);
  return `<p>live: ${words(change, live)}</p><p>persistent: ${words(change, config)}</p>`;
}

function valuesCell(change: Change, values: Values | null): string {
  return values === null ? '<span class="dim">not there</span>' : words(change, values);
}

function kernelCell(change: Change): string {
  const values = kernelBefore(change);
  if (values === undefined) return '';
  const { unknown = '' } = change.kernel ?? {};
  return values === null ? `<span class="dim">not known: ${text(unknown)}</span>` : words(change, values);
}

function words(change: Change, values: Values): string {
  const parts = moduleNamed(change.module).text.values(values);
  return parts.map(({ name, short }) => `<span class="dim">${text(name)}</span> ${text(short)}`).join('<br>');
}

function commandsCell(change: Change): string {
  // What is waived is not to be written.
  const lines = change.status === 'waived' ? [] : commandLines(change);
  return lines.length === 0
    ? ''
    : `<ul class="commands">${lines.map((line) => `<li>${code(line)}</li>`).join('')}</ul>`;
}

/** Hosts that have nothing to tell beyond their name and counts, where there is no room for more. */
export function shortHost(host: HostResult): string {
  return `<li>${text(host.name)}: ${HOST_LOOK[host.status].words} ${text(hostCounts(host))}</li>\n`;
}

/** `3 hosts` */
export function hostsWords(count: number): string {
  return plural(count, 'host');
}
