import { type CharTest, type PositionTest, RegexError, type RegexNode } from './node.ts';
import { parseRegex } from './syntax.ts';

export type Regex =
  | { readonly ok: true; readonly matches: RegexTest }
  /** A sentence's end: `it …`, or what is not supported. */
  | { readonly ok: false; readonly message: string };

/** True when the text begins with a match, as Python's `re.match`; null when the expression has become too costly. */
export type RegexTest = (text: string) => boolean | null;

type Step =
  | { readonly op: 'char'; readonly test: CharTest }
  | { readonly op: 'at'; readonly test: PositionTest }
  | { readonly op: 'ahead'; readonly program: Program; readonly negated: boolean }
  | { readonly op: 'split'; readonly to: readonly number[] }
  | { readonly op: 'match' };

type Program = Step[];

const MAX_STEPS = 5000;
/** Steps of one expression over all the names that it is asked about: a second or two. */
const MAX_WORK = 20_000_000;

/**
 * A Python regular expression that cannot hang: all paths through it are walked at once, character by character, so
 * that the cost is at most its size times the text's length; repeats within repeats add nothing to that.
 */
export function compileRegex(text: string): Regex {
  try {
    const program: Program = [];
    emit(parseRegex(text), program, { left: MAX_STEPS });
    program.push({ op: 'match' });
    const work: Budget = { left: MAX_WORK };
    return { ok: true, matches: (name) => run(program, [...name], 0, work) };
  } catch (error) {
    if (error instanceof RegexError) return { ok: false, message: error.message };
    throw error;
  }
}

interface Budget {
  left: number;
}

function emit(node: RegexNode, to: Program, budget: Budget): void {
  if (--budget.left < 0) throw new RegexError('it is too large, with its repeats written out');
  if (node.kind === 'char') to.push({ op: 'char', test: node.test });
  else if (node.kind === 'at') to.push({ op: 'at', test: node.test });
  else if (node.kind === 'sequence') for (const item of node.items) emit(item, to, budget);
  else if (node.kind === 'either') emitEither(node.branches, to, budget);
  else if (node.kind === 'repeat') emitRepeat(node.item, node.min, node.max, to, budget);
  else {
    const program: Program = [];
    emit(node.item, program, budget);
    program.push({ op: 'match' });
    to.push({ op: 'ahead', program, negated: node.negated });
  }
}

function emitEither(branches: readonly RegexNode[], to: Program, budget: Budget): void {
  const starts: number[] = [];
  const ends: number[][] = [];
  to.push({ op: 'split', to: starts });
  for (const branch of branches) {
    starts.push(to.length);
    emit(branch, to, budget);
    const end: number[] = [];
    ends.push(end);
    to.push({ op: 'split', to: end });
  }
  for (const end of ends) end.push(to.length);
}

function emitRepeat(item: RegexNode, min: number, max: number, to: Program, budget: Budget): void {
  for (let i = 0; i < min; i++) emit(item, to, budget);
  if (max === Number.POSITIVE_INFINITY) {
    const branches = [to.length + 1];
    const start = to.length;
    to.push({ op: 'split', to: branches });
    emit(item, to, budget);
    to.push({ op: 'split', to: [start] });
    branches.push(to.length);
    return;
  }
  const exits: number[][] = [];
  for (let i = min; i < max; i++) {
    const branches = [to.length + 1];
    exits.push(branches);
    to.push({ op: 'split', to: branches });
    emit(item, to, budget);
  }
  for (const branches of exits) branches.push(to.length);
}

/** Whether a path through the program leads from a place of the text to its end. */
function run(program: Program, chars: readonly string[], from: number, work: Budget): boolean | null {
  // Where the paths stand, and at which character each step was last reached: no path is walked twice.
  let current = [0];
  const reached = new Int32Array(program.length).fill(-1);
  for (let at = from; current.length > 0; at++) {
    const next: number[] = [];
    const add = (index: number, place: number, into: number[]) => {
      if (reached[index] === place) return;
      reached[index] = place;
      into.push(index);
    };
    // The list grows while it is walked: steps that take no character add where they lead.
    const entered: number[] = [];
    for (const start of current) add(start, at, entered);
    for (const index of entered) {
      if (--work.left < 0) return null;
      const step = program[index];
      if (step === undefined || step.op === 'match') return true;
      if (step.op === 'char') {
        if (at < chars.length && step.test(chars[at] ?? '')) next.push(index + 1);
      } else if (step.op === 'split') for (const branch of step.to) add(branch, at, entered);
      else {
        const passes = step.op === 'at' ? step.test(chars, at) : looksAhead(step, chars, at, work);
        if (passes === null) return null;
        if (passes) add(index + 1, at, entered);
      }
    }
    current = next;
  }
  return false;
}

function looksAhead(
  step: Step & { readonly op: 'ahead' },
  chars: readonly string[],
  at: number,
  work: Budget,
): boolean | null {
  const found = run(step.program, chars, at, work);
  return found === null ? null : found !== step.negated;
}
