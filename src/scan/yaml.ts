import { plural, printable, shorten } from '../base/text.ts';
import { utcText } from '../base/time/utc.ts';
import { type ScannedRule, writtenRule } from './rules.ts';
import type { LeftOut, Scan } from './scan.ts';

/** What was found for one module: the variable that the rules go into is called as the module. */
export interface ModuleScan extends Scan {
  readonly module: string;
}

export interface ScanHead {
  /** Pattern of the hosts. */
  readonly pattern: string;
  readonly hosts: readonly string[];
  /** Hosts, or VMs of them, that could not be read, with the reason. */
  readonly unread: readonly { readonly name: string; readonly error: string }[];
  readonly at: string;
}

/** The rules as a file of variables, with what to know of it in comments. */
export function scanYaml(scans: readonly ModuleScan[], head: ScanHead): string {
  return [
    ...comment([
      `Limits as virtune scan found them on ${plural(head.hosts.length, 'host')} of "${head.pattern}", ${utcText(head.at)}.`,
      'Running them at once changes nothing: what has no limits of its own is left alone, and so are limits that a',
      "portgroup gives. Look at what they would do, then keep them as group_vars/GROUP.yml beside the inventory's files:",
      '  virtune run PLAYBOOK -i INVENTORY -e @THIS_FILE --check',
      "The PLAYBOOK needs a task for each list below that is not empty; the package's playbooks/limits.yml has them.",
      '',
      ...wrap(`Hosts: ${head.hosts.join(', ')}`),
      ...head.unread.map(({ name, error }) => `NOT READ: ${name}: ${error}`),
    ]),
    ...leftLines(scans.flatMap(({ left }) => left)),
    ...scans.flatMap(({ module, rules }) => [
      '',
      rules.length === 0 ? `${module}: []` : `${module}:`,
      ...rules.flatMap((rule, index) => [...(index === 0 ? [] : ['']), ...ruleLines(rule)]),
    ]),
    '',
  ].join('\n');
}

function comment(lines: readonly string[]): string[] {
  return lines.map((line) => printable(`# ${line}`).trimEnd());
}

function leftLines(left: readonly LeftOut[]): string[] {
  if (left.length === 0) return [];
  const lines = left.map(
    ({ host, domain, subject, why }) => `  ${`${host} ${domain} ${subject}`.trim()}: ${why}`,
  );
  return ['#', ...comment(['Left out:', ...lines])];
}

const WIDTH = 110;

function wrap(text: string): string[] {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const last = lines.at(-1);
    if (last === undefined || last.length + word.length > WIDTH) lines.push(word);
    else lines[lines.length - 1] = `${last} ${word}`;
  }
  return lines;
}

function ruleLines(rule: ScannedRule): string[] {
  const { domain: _, ...written } = writtenRule(rule);
  const head = [`  - name: ${scalar(ruleName(rule))}`, ...domainLines(rule)];
  return [...head, ...Object.entries(written).map(([key, value]) => `    ${key}: ${flow(value)}`)];
}

/** `nic 2 of web-01 as found`, `web-01 and 3 more as found`; with the state where the rule is for one only. */
function ruleName({ domains, selector, part }: ScannedRule): string {
  const [first, ...others] = domains;
  const who = `${shorten(printable(first?.name ?? ''))}${others.length === 0 ? '' : ` and ${others.length} more`}`;
  const which = Object.entries(selector).map(([key, value]) => `${key} ${wordsOf(value)} of `);
  const state = { live: ' (live only)', config: ' (persistent only)' }[String(part.apply_to)] ?? '';
  // In a rule's name a template would be resolved.
  return `${which.join('')}${who} as found${state}`.replaceAll(/\{(?=[{%#])/g, '(');
}

function wordsOf(value: unknown): string {
  if (Array.isArray(value)) return value.map(wordsOf).join(' and ');
  if (typeof value === 'object' && value !== null) return Object.values(value).map(wordsOf).join(' ');
  return String(value).replace(/^!/, 'not ');
}

function domainLines({ domains }: ScannedRule): string[] {
  const [first] = domains;
  const line = ({ word, name, host }: ScannedRule['domains'][number]) =>
    word === name ? scalar(word) : `${scalar(word)} ${comment([`${name} on ${host}`]).join('')}`;
  if (first !== undefined && domains.length === 1) return [`    domain: ${line(first)}`];
  return ['    domain:', ...domains.map((domain) => `      - ${line(domain)}`)];
}

function flow(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(flow).join(', ')}]`;
  if (typeof value !== 'object' || value === null)
    return typeof value === 'string' ? scalar(value) : String(value);
  const entries = Object.entries(value).map(([key, inner]) => `${key}: ${flow(inner)}`);
  return `{ ${entries.join(', ')} }`;
}

/** Texts that are no other YAML type in any version of it, and break nothing inside braces. */
const PLAIN = /^(?=.*[g-z_ /])[a-z][\w./() -]*[\w)]$/i;
const WORDS = /^(?:true|false|yes|no|on|off|null|y|n)$/i;
const QUANTITY = /^\d+(?:\.\d+)? [kKMG]?i?(?:bit\/s|B)$/;

/** A text as YAML: plain where that is safe, else in JSON's quotes, which YAML reads alike. */
function scalar(text: string): string {
  return (PLAIN.test(text) && !WORDS.test(text)) || QUANTITY.test(text) || UUID.test(text)
    ? text
    : JSON.stringify(text);
}

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
