import { createHash } from 'node:crypto';
import { shellQuote } from '../../base/quote.ts';
import { utcText } from '../../base/time/utc.ts';
import { HOST_STATUSES, type HostResult, type RunResult } from '../../model/result.ts';
import { SUBJECT_STATUSES } from '../../model/status.ts';
import { kindWords } from '../../report/counts.ts';
import { HOST_LOOK, SUBJECT_LOOK } from '../../report/style.ts';
import { summarise } from '../../report/summary.ts';
import { WOULD_CHANGE } from '../../report/text.ts';
import { confirmCommand, confirmText, findingsOf, hostVerdict } from '../findings.ts';
import type { ReportContext } from '../reporter.ts';
import { code, text } from './markup.ts';
import { hostPart, hostsWords, isQuiet, shortHost } from './parts.ts';
import { SCRIPT } from './script.ts';
import { STYLE } from './style.ts';

/** Browsers stay quick, and mail and artifacts take it. */
const MOST_BYTES = 40_000_000;

const hashOf = (content: string): string =>
  `'sha256-${createHash('sha256').update(content).digest('base64')}'`;

/** Made when a page is: every start of the command line reads this file. */
const policy = (): string =>
  `default-src 'none'; style-src ${hashOf(STYLE)}; script-src ${hashOf(SCRIPT)}; base-uri 'none'; form-action 'none'`;

/**
 * One page that needs nothing else: no network, and neither script nor style (Jenkins serves pages without both). The
 * hosts with trouble come first and stand open, then those that changed; what is unchanged is folded.
 * @param mostBytes what does not fit is left out, unchanged hosts first, and counted
 */
export function* htmlReport(
  result: RunResult,
  { version, plan }: ReportContext,
  mostBytes = MOST_BYTES,
): Generator<string> {
  yield head(result, plan);
  yield countsPart(result);
  yield rulesPart(result);
  yield filterPart(result);
  yield `<section aria-labelledby="hosts"><h2 id="hosts">Hosts</h2>\n`;
  const order = result.hosts.map((host, index) => ({ host, index, rank: rankOf(host) }));
  let left = mostBytes;
  const short: HostResult[] = [];
  for (const { host, index } of order.sort((a, b) => a.rank - b.rank || a.index - b.index)) {
    const part = hostPart(host, `h${index + 1}`, result);
    left -= Buffer.byteLength(part);
    if (left > 0) yield part;
    else short.push(host);
  }
  if (short.length > 0)
    yield `<p>There is no room for what ${hostsWords(short.length)} have; the JSON report has all of it.</p><ul>\n${short.map(shortHost).join('')}</ul>\n`;
  yield `</section></main>\n${footer(result, version)}<script>${SCRIPT}</script></body></html>\n`;
}

/** Trouble, then what changed, then the rest. */
function rankOf(host: HostResult): number {
  const { outcome } = hostVerdict(host);
  if (outcome === 'error' || outcome === 'failure') return 0;
  if (host.status === 'changed' || host.resources.some((change) => !isQuiet(change))) return 1;
  return outcome === 'skipped' ? 2 : 3;
}

function head(result: RunResult, plan: string | undefined): string {
  const { hosts } = summarise(result.hosts);
  const words = HOST_STATUSES.filter((status) => hosts[status] > 0)
    .map((status) => `${hosts[status]} ${wordsOf(status, result)}`)
    .join(', ');
  const title = `virtune: ${words || 'no hosts'}`;
  return `<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy()}">
<meta name="viewport" content="width=device-width, initial-scale=1"><title>${title}</title>
<style>${STYLE}</style></head><body>
<header><h1>${title}</h1><p>${modeText(result, plan)} Exit status ${result.exitCode}.</p>${confirmPart(result)}
<p class="dim">${text(utcText(result.startedAt))} to ${text(utcText(result.finishedAt))}, by ${text(result.user)}: ${code(result.command)}</p></header>
<main>
`;
}

function confirmPart(result: RunResult): string {
  const said = confirmText(result);
  return said === '' ? '' : `\n<p class="news">${text(said)} ${code(confirmCommand(result))}</p>`;
}

function modeText({ mode, hosts }: RunResult, plan: string | undefined): string {
  if (mode !== 'check') return 'Changes were applied and read back.';
  if (plan === undefined) return 'Check mode: nothing was written.';
  const isToDo = hosts.some(({ resources }) => resources.some(({ status }) => status === 'pending'));
  const how = isToDo
    ? `${code(`virtune apply ${shellQuote(plan)}`)} makes its changes.`
    : 'It has no changes.';
  return `A saved plan: nothing was written to any host. ${how}`;
}

function wordsOf(status: HostResult['status'], { mode }: RunResult): string {
  return status === 'changed' && mode === 'check' ? WOULD_CHANGE : HOST_LOOK[status].words;
}

function countsPart(result: RunResult): string {
  const { hosts, resources } = summarise(result.hosts);
  const hostParts = HOST_STATUSES.filter((status) => hosts[status] > 0).map(
    (status) => `${hosts[status]} ${wordsOf(status, result)}`,
  );
  const rows = Object.entries(resources).map(([kind, counts]) => {
    const parts = SUBJECT_STATUSES.filter((status) => counts[status] > 0).map(
      (status) => `${counts[status]} ${SUBJECT_LOOK[status].words}`,
    );
    return countsRow(kindWords(kind), counts.total, parts);
  });
  return `<section aria-labelledby="counts"><h2 id="counts">Counts</h2>
<table class="counts"><tbody>${countsRow('hosts', hosts.total, hostParts)}${rows.join('')}</tbody></table></section>
`;
}

function countsRow(title: string, total: number, parts: readonly string[]): string {
  return `<tr><th scope="row">${text(title)}</th><td>${total}</td><td>${parts.join(', ')}</td></tr>`;
}

function rulesPart(result: RunResult): string {
  const rest = findingsOf(result).filter(({ host }) => host === '');
  if (rest.length === 0) return '';
  const items = rest.map(({ outcome, weight, message, place }) => {
    const word = weight === 'info' ? '<span class="dim">note</span>' : '<span class="news">warning</span>';
    const kind = outcome === 'error' ? '<span class="bad">error</span>' : word;
    return `<li>${kind}: ${text(message)}${place === undefined ? '' : ` ${code(`${place.file}:${place.line}`)}`}</li>`;
  });
  return `<section aria-labelledby="rules"><h2 id="rules">Rules and files</h2><ul>${items.join('\n')}</ul></section>\n`;
}

/** Shown by the script alone, since it does nothing without. */
function filterPart(result: RunResult): string {
  const { resources } = summarise(result.hosts);
  const statuses = SUBJECT_STATUSES.filter((status) =>
    Object.values(resources).some((counts) => counts[status] > 0),
  );
  const boxes = statuses.map(
    (status) => `<label><input type="checkbox" value="${status}"> ${SUBJECT_LOOK[status].words}</label>`,
  );
  return `<div id="filter" class="filter" role="search" hidden><label for="search">Search</label> <input type="search" id="search" placeholder="host, VM, MAC, rule, command (key /)" autocomplete="off">
${boxes.join(' ')} <button type="button" id="all">Show all</button> <output id="said" for="search"></output></div>
`;
}

function footer({ id }: RunResult, version: string): string {
  return `<footer><p class="dim">Run ${code(id)}, virtune ${text(version)}.</p></footer>\n`;
}
