import { appendFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { type Diagnostic, InputError, inputError } from '../model/diagnostic.ts';
import type { RunResult } from '../model/result.ts';
import { REPORTERS } from '../reporters/index.ts';
import type { ReportContext } from '../reporters/reporter.ts';
import { writeCommands } from './ci_commands.ts';
import { checkWay, makeWay, ownStream, unwrittenText, writeWhole } from './whole_file.ts';

/** For the help of commands that run. */
export const REPORT_FORMATS = Object.keys(REPORTERS).join(', ');

/** One `--report FORMAT[=FILE]`; without a file it is all that standard output carries. */
export interface ReportRequest {
  readonly format: string;
  readonly file: string | null;
}

/**
 * Reads the options and makes sure that the files can be written.
 * @throws InputError on an unknown format, an empty file name, two reports for standard output, a file that can't be
 * written
 */
export async function openReports(words: readonly string[] = []): Promise<readonly ReportRequest[]> {
  const asked = words.map((word) => {
    const equals = word.indexOf('=');
    const format = equals < 0 ? word : word.slice(0, equals);
    const file = equals < 0 ? null : word.slice(equals + 1);
    if (!Object.hasOwn(REPORTERS, format)) {
      throw inputError(`there is no report format "${format}"`, `formats: ${REPORT_FORMATS}`);
    }
    if (file === '')
      throw inputError(`--report ${word} has no file name`, `leave out the = to write to standard output`);
    return { format, file };
  });
  const requests = await Promise.all(asked.map(ofOwnStream));
  if (requests.filter(({ file }) => file === null).length > 1) {
    throw inputError(
      'two reports cannot both be all that standard output carries',
      'give one of them a file: FORMAT=FILE',
    );
  }
  const files = requests.flatMap(({ file }) => (file === null ? [] : [resolve(file)]));
  const twice = files.find((file, index) => files.indexOf(file) !== index);
  if (twice !== undefined)
    throw inputError(`two reports cannot both go to ${twice}`, 'give each a file of its own');
  // A run whose report is lost cannot be told from one that never was.
  for (const { file } of requests) if (file !== null) await checkWay(file, reportName(file));
  return requests;
}

/** A report to where standard output goes anyway is all that it carries. @throws InputError for standard error */
async function ofOwnStream(request: ReportRequest): Promise<ReportRequest> {
  const own = request.file === null ? null : await ownStream(request.file);
  if (own === 'standard error')
    throw inputError(
      `${reportName(request.file)} cannot go to where ${own} goes`,
      'give it a file of its own',
    );
  return own === null ? request : { ...request, file: null };
}

/**
 * Removes reports of earlier runs, so that nobody takes them for this one's: once nothing is wrong with the input, since
 * a typo is no run.
 */
export async function clearReports(requests: readonly ReportRequest[]): Promise<void> {
  for (const { file } of requests) if (file !== null) await makeWay(file, reportName(file));
}

/** The same for a command that has no other formats than these. @throws InputError */
export async function openReportsOf(
  command: string,
  formats: readonly string[],
  words?: readonly string[],
): Promise<readonly ReportRequest[]> {
  const requests = await openReports(words);
  const other = requests.find(({ format }) => !formats.includes(format));
  if (other === undefined) return requests;
  throw inputError(`${command} has no ${other.format} report`, `formats: ${formats.join(', ')}`);
}

/**
 * Writes all reports; a file is whole or not there. What goes wrong with one keeps no other from being written.
 * @param earlier what went wrong with those that are written while the run goes on
 * @param events what is to be done about formats that tell events as they happen: they were written during the run
 * (`done`), or the run was over before (`write`)
 * @throws InputError where one cannot be made or written
 */
export async function writeReports(
  requests: readonly ReportRequest[],
  result: RunResult,
  context: ReportContext,
  earlier: readonly Diagnostic[] = [],
  events: 'done' | 'write' = 'done',
): Promise<void> {
  const problems = [...earlier];
  for (const { format, file } of requests) {
    if (events === 'done' && REPORTERS[format]?.events !== undefined) continue;
    try {
      const pieces = piecesOf(format, () => REPORTERS[format]?.write(result, context) ?? []);
      if (file === null && REPORTERS[format]?.ofCommands === true)
        for (const piece of pieces) writeCommands(process.stdout, piece);
      else await writeWhole(file, pieces, reportName(file), RUN_IS_DONE);
      await attach(format, result, context);
    } catch (error) {
      // The others are written all the same.
      if (error instanceof InputError) problems.push(...error.diagnostics);
      else
        problems.push({
          severity: 'error',
          message: `${reportName(file)}: ${String(error)}`,
          hint: RUN_IS_DONE,
        });
    }
  }
  if (problems.length > 0) throw new InputError(problems);
}

/** Adds to the files that a platform names in its variables, where it does. */
async function attach(format: string, result: RunResult, context: ReportContext): Promise<void> {
  for (const { variable, pieces } of REPORTERS[format]?.attachments?.(result, context) ?? []) {
    const file = process.env[variable];
    if (!file) continue;
    const text = [...piecesOf(format, () => pieces)].join('');
    try {
      await appendFile(file, text);
    } catch (cause) {
      throw inputError(
        `${variable}, ${file}, could not be written: ${unwrittenText(cause, file)}`,
        RUN_IS_DONE,
      );
    }
  }
}

/** A defect of a format is told as one, since it says nothing of the run. */
function* piecesOf(format: string, make: () => Iterable<string>): Generator<string> {
  try {
    yield* make();
  } catch (cause) {
    throw new Error(defectOf(`the format ${format}`, cause), { cause });
  }
}

/** What nobody has expected, with its trace. */
function defectOf(what: string, cause: unknown): string {
  const words = cause instanceof Error ? (cause.stack ?? cause.message) : String(cause);
  return `a defect of ${what}: ${words}`;
}

/** A defect of what tells of a run: it changes nothing of what the run has done. */
export function toldDefect(what: string, cause: unknown): Diagnostic {
  return { severity: 'error', message: defectOf(what, cause), hint: RUN_IS_DONE };
}

const RUN_IS_DONE = 'the run itself is over: what is shown above it has done';

/** Writes the one JSON report that a command other than run has. @throws InputError where it cannot be written */
export async function writeJson(requests: readonly ReportRequest[], text: string): Promise<void> {
  for (const { file } of requests)
    await writeWhole(file, [text], reportName(file), 'nothing was changed: run it again');
}

export function reportName(file: string | null): string {
  return `the report ${file ?? 'on standard output'}`;
}
