import { printable } from '../base/text.ts';

/** Fewer in a row are clearer one by one. */
const FEWEST = 3;

/**
 * Names with their ranges folded as an inventory has them, safe on a terminal: `web-[01:20]` stands for exactly these
 * twenty. A folded one stands where its first name stood. A name that could be taken for a range, or for several names,
 * is in quotes.
 */
export function foldNames(names: Iterable<string>): string[] {
  const all = [...new Set(names)];
  const runs = all.flatMap(runsOf);
  const sizes = new Map<string, number>();
  for (const { form } of runs) sizes.set(form, (sizes.get(form) ?? 0) + 1);
  const places = new Map(all.map((name, index) => [name, index]));
  const place = (name: string): number => places.get(name) ?? 0;
  const members = new Map<string, Run[]>();
  const folded: { readonly at: number; readonly text: string }[] = [];
  for (const name of all) {
    const own = runsOf(name).toReversed();
    // The form that most names share; of two the one that counts further back.
    const [best] = own.toSorted((a, b) => (sizes.get(b.form) ?? 0) - (sizes.get(a.form) ?? 0));
    if (best === undefined) {
      folded.push({ at: place(name), text: shownName(name) });
      continue;
    }
    const alike = members.get(best.form);
    if (alike === undefined) members.set(best.form, [best]);
    else alike.push(best);
  }
  for (const alike of members.values()) folded.push(...rangesOf(alike, place));
  return folded.toSorted((a, b) => a.at - b.at).map(({ text }) => text);
}

/** A number within a name. */
interface Run {
  readonly name: string;
  readonly before: string;
  readonly digits: string;
  readonly after: string;
  /** All of the name but the number, so that names which differ in it alone have it in common. */
  readonly form: string;
}

function runsOf(name: string): Run[] {
  if (mustQuote(name)) return [];
  return [...name.matchAll(/\d+/g)].flatMap(({ 0: digits, index }) => {
    // Longer ones are no counts, and lose their last digits as numbers.
    if (digits.length > 15) return [];
    const [before, after] = [name.slice(0, index), name.slice(index + digits.length)];
    return [{ name, before, digits, after, form: `${before}\0${after}` }];
  });
}

function rangesOf(
  runs: readonly Run[],
  place: (name: string) => number,
): { readonly at: number; readonly text: string }[] {
  const sorted = runs.toSorted(
    (a, b) => Number(a.digits) - Number(b.digits) || a.digits.length - b.digits.length,
  );
  const rows: Run[][] = [];
  /** The rows that end with this number: `9` and `09` begin two. */
  let ends: readonly Run[][] = [];
  let end = -1;
  let next: Run[][] = [];
  for (const run of sorted) {
    const number = Number(run.digits);
    if (number !== end) {
      ends = number === end + 1 ? next : [];
      [end, next] = [number, []];
    }
    const row = ends.find((one) => isNext(one, run)) ?? [];
    if (row.length === 0) rows.push(row);
    row.push(run);
    next.push(row);
  }
  return rows.flatMap((row) => {
    const [first, last] = [row[0], row.at(-1)];
    if (first === undefined || last === undefined || row.length < FEWEST)
      return row.map(({ name }) => ({ at: place(name), text: shownName(name) }));
    const at = Math.min(...row.map(({ name }) => place(name)));
    return [{ at, text: printable(`${first.before}[${first.digits}:${last.digits}]${first.after}`) }];
  });
}

/** Whether a range that begins as the row does holds this number next, spelled like this. */
function isNext(row: readonly Run[], { digits }: Run): boolean {
  const [first, last] = [row[0]?.digits ?? '', row.at(-1)?.digits ?? ''];
  if (Number(digits) !== Number(last) + 1) return false;
  // A leading zero at the range's begin pads all of it.
  if (first.length > 1 && first.startsWith('0')) return digits.length === first.length;
  return !(digits.length > 1 && digits.startsWith('0'));
}

function mustQuote(name: string): boolean {
  return name === '' || /[[\]:,;"'\s]/.test(name);
}

/** A name that stands for itself alone. */
export function shownName(name: string): string {
  return mustQuote(name) ? `"${printable(name)}"` : printable(name);
}
