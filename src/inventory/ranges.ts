import { plural } from '../base/text.ts';

export type Expanded =
  | { readonly ok: true; readonly names: readonly string[] }
  | { readonly ok: false; readonly message: string; readonly hint?: string };

/** More hosts than any fleet has; a range that goes further is a typing mistake. */
export const MAX_HOSTS = 100_000;

const LETTERS = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ';

/** True when a host name in an inventory stands for several: it has a bracket. */
export function hasRange(name: string): boolean {
  return name.includes('[');
}

/**
 * Expands Ansible's ranges in a host name, the first one changing slowest: `hv[01:03]`, `hv[1:9:2]`, `rack-[a:f]`,
 * several in a name. A leading zero in the begin pads all, and then both ends must be equally long. An absent begin
 * is 0. Beyond Ansible, ranges that hold nothing or are half read (`[5:1]`, `[ab:cd]`) are errors.
 */
export function expandRanges(name: string): Expanded {
  let names: readonly string[] = [''];
  let rest = name;
  for (let open = rest.indexOf('['); open >= 0; open = rest.indexOf('[')) {
    const close = rest.indexOf(']', open);
    const stray = rest.indexOf(']');
    if (close < 0 || stray < open) return refuse(`"${name}" has a bracket without its other one`);
    const range = parseRange(rest.slice(open + 1, close));
    if (!range.ok) return { ...range, message: `the range in "${name}" ${range.message}` };
    if (names.length * range.names.length > MAX_HOSTS) {
      return refuse(`"${name}" stands for more than ${plural(MAX_HOSTS, 'host')}`);
    }
    const head = rest.slice(0, open);
    names = names.flatMap((before) => range.names.map((member) => before + head + member));
    rest = rest.slice(close + 1);
  }
  if (rest.includes(']')) return refuse(`"${name}" has a bracket without its other one`);
  return { ok: true, names: names.map((before) => before + rest) };
}

const EXAMPLE = 'write it as hv[01:20], hv[1:9:2] or rack-[a:f]';

/** The members of `begin:end` or `begin:end:step`. */
function parseRange(text: string): Expanded {
  const bounds = text.split(':');
  const [begin = '', end = '', step = '1'] = bounds;
  if (bounds.length < 2 || bounds.length > 3)
    return refuse(`"[${text}]" is not begin:end or begin:end:step`, EXAMPLE);
  if (end === '') return refuse(`"[${text}]" has no end`, EXAMPLE);
  if (!/^[0-9]{1,9}$/.test(step) || Number(step) === 0)
    return refuse(`"[${text}]" needs a step of 1 or more`, EXAMPLE);
  const from = begin === '' ? '0' : begin;
  if (isLetter(from) && isLetter(end)) return letters(from, end, Number(step), text);
  if (!/^[0-9]{1,15}$/.test(from) || !/^[0-9]{1,15}$/.test(end)) {
    return refuse(`"[${text}]" must go from number to number or from letter to letter`, EXAMPLE);
  }
  return numbers(from, end, Number(step), text);
}

function isLetter(text: string): boolean {
  return text.length === 1 && LETTERS.includes(text);
}

function letters(from: string, end: string, step: number, text: string): Expanded {
  const first = LETTERS.indexOf(from);
  const last = LETTERS.indexOf(end);
  if (first > last) return refuse(`"[${text}]" ends before it begins`);
  const names: string[] = [];
  for (let i = first; i <= last; i += step) names.push(LETTERS.charAt(i));
  return { ok: true, names };
}

function numbers(from: string, end: string, step: number, text: string): Expanded {
  const padded = from.length > 1 && from.startsWith('0');
  if (padded && from.length !== end.length) {
    return refuse(`"[${text}]" must have ends of equal length, since the first has a leading zero`);
  }
  const first = Number(from);
  const last = Number(end);
  if (first > last) return refuse(`"[${text}]" ends before it begins`);
  if ((last - first) / step >= MAX_HOSTS)
    return refuse(`"[${text}]" stands for more than ${plural(MAX_HOSTS, 'host')}`);
  const names: string[] = [];
  for (let i = first; i <= last; i += step)
    names.push(padded ? String(i).padStart(from.length, '0') : String(i));
  return { ok: true, names };
}

function refuse(message: string, hint?: string): Expanded {
  return hint === undefined ? { ok: false, message } : { ok: false, message, hint };
}
