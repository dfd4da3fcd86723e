import { oneOf, printable } from '../base/text.ts';
import type { HostResult, NicResult, RunResult } from '../model/result.ts';
import { changeSentence, diffLines, nicDetail, nicName, ruleText } from './nic_text.ts';
import { HOST_LOOK, NIC_LOOK, type Paint } from './style.ts';
import { type Summary, summarise } from './summary.ts';

export interface TextOptions {
  readonly check: boolean;
  /** Differences in full: both states, libvirt's integers, rules and commands. */
  readonly diff: boolean;
  /** Name NICs in sync and rules too. */
  readonly verbose: boolean;
  readonly paint: Paint;
}

const WOULD_CHANGE = 'would change';

/** Everything the terminal says of one host: a line of its own and one for each NIC with news. */
export function hostLines(host: HostResult, options: TextOptions): string[] {
  const { paint, check } = options;
  const look = HOST_LOOK[host.status];
  const words = host.status === 'changed' && check ? WOULD_CHANGE : look.words;
  const time = host.durationMs > 0 ? paint('dim', ` ${(host.durationMs / 1000).toFixed(1)} s`) : '';
  const lines = [`${printable(host.name)}: ${paint(look.format, words)} ${countText(host)}${time}`];
  if (host.error !== undefined) lines.push(`    ${paint(look.format, printable(host.error))}`);
  for (const note of host.notes ?? []) lines.push(`    ${paint('dim', `note: ${printable(note)}`)}`);
  return [...lines, ...host.nics.flatMap((nic) => nicLines(nic, options))];
}

function countText(host: HostResult): string {
  if (host.nicsTotal === 0 && host.error !== undefined) return '';
  const named = host.nics.filter((nic) => nic.status !== 'unmanaged');
  const right = named.filter((nic) => nic.status === 'inSync' || nic.status === 'changed').length;
  return `(${right} of ${named.length} named NICs as declared, ${Math.max(host.nicsTotal, named.length)} in all)`;
}

function nicLines(nic: NicResult, options: TextOptions): string[] {
  const { paint, diff, verbose } = options;
  const quiet = nic.status === 'inSync' && !verbose && nic.message === undefined && !nic.domain.managedSave;
  if (quiet || nic.status === 'unmanaged') return [];
  const look = NIC_LOOK[nic.status];
  const news = ['pending', 'changed'].includes(nic.status) ? changeSentence(nic) : look.words;
  const lines = [`  ${paint(look.format, `${look.sign} ${nicName(nic)}`)} ${news}`];
  const detail = (text: string) => lines.push(`      ${text}`);
  if (nic.message !== undefined) detail(paint(look.format, printable(nic.message)));
  for (const note of nic.notes ?? []) detail(paint('dim', `note: ${printable(note)}`));
  if (!diff && !verbose) return lines;
  detail(paint('dim', `${nicDetail(nic)}; ${ruleText(nic) || 'no rule names it'}`));
  if (!diff || nic.status === 'inSync') return lines;
  for (const line of diffLines(nic)) {
    detail(line.startsWith('-') ? paint('red', line) : line.startsWith('+') ? paint('green', line) : line);
  }
  for (const command of nic.commands) detail(paint('cyan', `$ ${command}`));
  return lines;
}

/** The end of the view: rules that named nothing, and the recap in one line each for hosts and NICs. */
export function closingLines(result: RunResult, { paint, check }: TextOptions): string[] {
  const lines: string[] = missingLines(result, paint);
  const told = new Set(
    result.missingDomains.map(({ rule }) => JSON.stringify([rule.name, rule.file, rule.line])),
  );
  for (const rule of result.unmatchedRules) {
    if (!rule.required && told.has(JSON.stringify([rule.name, rule.file, rule.line]))) continue;
    const where = rule.file === '' ? '' : ` (${rule.file}:${rule.line})`;
    const text = printable(`rule "${rule.name}"${where} names no NIC on the hosts that were read`);
    lines.push(rule.required ? paint('red', `error: required ${text}`) : paint('yellow', `warning: ${text}`));
  }
  const { hosts, nics } = summarise(result.hosts);
  const looks = check ? { ...HOST_LOOK, changed: { ...HOST_LOOK.changed, words: WOULD_CHANGE } } : HOST_LOOK;
  lines.push('', `hosts: ${counts(hosts, looks, paint)}`, `NICs:  ${counts(nics, NIC_LOOK, paint)}`);
  if (check && nics.pending > 0)
    lines.push('', 'Check mode: nothing was written. Run without --check to apply.');
  return lines;
}

/** One line for each name, with all rules that give it. */
function missingLines({ missingDomains, missingOk }: RunResult, paint: Paint): string[] {
  const byName = new Map<string, string[]>();
  for (const { domain, rule } of missingDomains) {
    const where = rule.file === '' ? '' : ` (${rule.file}:${rule.line})`;
    byName.set(domain, [...(byName.get(domain) ?? []), `rule "${rule.name}"${where}`]);
  }
  return [...byName].map(([domain, rules]) => {
    const text = printable(`no host has a VM "${domain}", which ${oneOf(rules, 'and')} named`);
    return missingOk ? paint('yellow', `warning: ${text}`) : paint('red', `error: ${text}`);
  });
}

function counts(
  numbers: Summary['hosts'] | Summary['nics'],
  looks: Readonly<Record<string, { words: string; format: Parameters<Paint>[0] }>>,
  paint: Paint,
): string {
  const parts = Object.entries(numbers)
    .filter(([name, count]) => count > 0 && name in looks)
    .map(([name, count]) => paint(looks[name]?.format ?? 'reset', `${count} ${looks[name]?.words}`));
  return `${numbers.total} in all${parts.length > 0 ? `: ${parts.join(', ')}` : ''}`;
}
