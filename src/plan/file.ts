import { createHash } from 'node:crypto';
import { jsonText } from '../base/json_text.ts';
import { InputError, inputError } from '../model/diagnostic.ts';
import type { RunResult } from '../model/result.ts';
import { jsonReport } from '../reporters/json.ts';
import { reportReader } from '../reporters/read/json.ts';
import { Misfit } from '../reporters/read/values.ts';
import { PLAN_SCHEMA, type PlanHead, readHead } from './head.ts';

/** What a saved plan says: its first line, and the check that made it. */
export interface SavedPlan {
  readonly head: PlanHead;
  readonly result: RunResult;
}

/** The last line, of this very length: the SHA-256 of all bytes before it. */
const SEAL = /^\{"sha256":"([0-9a-f]{64})"\}\n$/;
const SEAL_BYTES = `{"sha256":"${'0'.repeat(64)}"}\n`.length;
const MAX_HEAD_BYTES = 1 << 20;
const LINE_END = 0x0a;

/** A saved plan, in pieces. */
export function* planPieces({ head, result }: SavedPlan): Generator<string> {
  const hash = createHash('sha256');
  const told = (text: string): string => {
    hash.update(text);
    return text;
  };
  yield told(`${jsonText(head, 0)}\n`);
  for (const piece of jsonReport(result)) yield told(piece);
  yield `{"sha256":"${hash.digest('hex')}"}\n`;
}

/** Reads a saved plan piece by piece. Both throw an InputError for what is none, or is not as it was made. */
export interface PlanReader {
  add(bytes: Uint8Array): void;
  /** Once, after the last bytes. */
  end(): SavedPlan;
}

/** How plans of all versions begin. */
const BEGINS = '{"schema":"virtune.plan/';

/** Whether a file that begins like that is meant to be a saved plan, of whatever version. */
export function looksLikePlan(bytes: Uint8Array): boolean {
  return Buffer.from(bytes.subarray(0, BEGINS.length)).toString('latin1') === BEGINS;
}

/** @param file its name, for errors */
export function planReader(file: string): PlanReader {
  const hash = createHash('sha256');
  const report = reportReader(file);
  let head: PlanHead | null = null;
  /** What has not been taken yet: until its end comes, the first line; then what may be the last. */
  let rest: Uint8Array = Buffer.alloc(0);
  /** What is wrong with a file that was changed says nothing: that it was changed is told first. */
  let wrong: InputError | null = null;
  const take = (bytes: Uint8Array): void => {
    hash.update(bytes);
    if (wrong !== null) return;
    try {
      report.add(bytes);
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      wrong = error;
    }
  };
  return {
    add: (bytes) => {
      rest = Buffer.concat([rest, bytes]);
      if (head === null) {
        const end = rest.indexOf(LINE_END);
        if (end < 0 && rest.length <= MAX_HEAD_BYTES) return;
        head = headOf(rest.subarray(0, Math.max(end, 0)), file);
        hash.update(rest.subarray(0, end + 1));
        rest = rest.subarray(end + 1);
      }
      if (rest.length <= SEAL_BYTES) return;
      take(rest.subarray(0, -SEAL_BYTES));
      rest = rest.subarray(-SEAL_BYTES);
    },
    end: () => {
      if (head === null) {
        // It may have ended within its first line.
        const begun = Buffer.from(rest.subarray(0, BEGINS.length)).toString('latin1');
        throw BEGINS.startsWith(begun) ? notWhole(file) : inputError(`${file} is no saved plan`, HOW);
      }
      const seal = SEAL.exec(Buffer.from(rest).toString('latin1'))?.[1];
      if (seal === undefined) throw notWhole(file);
      if (seal !== hash.digest('hex'))
        throw inputError(
          `${file} was changed after it was made`,
          `a plan is applied as it is or not at all: ${ANEW}`,
        );
      if (wrong !== null) throw wrong;
      return { head, result: report.end() };
    },
  };
}

function headOf(line: Uint8Array, file: string): PlanHead {
  if (!looksLikePlan(line)) throw inputError(`${file} is no saved plan`, HOW);
  try {
    const value: unknown = JSON.parse(Buffer.from(line).toString('utf8'));
    const { schema } = value as { schema?: unknown };
    if (schema !== PLAN_SCHEMA)
      throw inputError(`${file} is of another version: "${schema}", and not "${PLAN_SCHEMA}"`, ANEW);
    return readHead(value);
  } catch (error) {
    if (!(error instanceof SyntaxError || error instanceof Misfit)) throw error;
    throw inputError(`${file}:1: is not the first line of a plan: ${error.message}`, ANEW);
  }
}

const notWhole = (file: string): InputError =>
  inputError(`${file} is not whole: its end is missing, or was changed`, ANEW);

const ANEW = 'make it anew: virtune plan … -o FILE';
const HOW = 'virtune plan PLAYBOOK … -o FILE writes one';
