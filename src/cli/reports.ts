import { createWriteStream } from 'node:fs';
import { open, rename, rm } from 'node:fs/promises';
import { pid } from 'node:process';
import { pipeline } from 'node:stream/promises';
import { InputError } from '../model/diagnostic.ts';
import type { RunResult } from '../model/result.ts';
import { jsonReport } from '../report/json.ts';

/** Formats of `--report`: functions of the run's result to text, in pieces. To add one, add its line. */
const FORMATS: Readonly<Record<string, (result: RunResult) => Iterable<string>>> = {
  json: jsonReport,
};

/** One `--report FORMAT[=FILE]`; without a file it is all that standard output carries. */
export interface ReportRequest {
  readonly format: string;
  readonly file: string | null;
}

/**
 * Reads the options and makes way for the files.
 * @throws InputError on an unknown format, an empty file name, two reports for standard output, a file that can't be
 * written
 */
export async function openReports(words: readonly string[]): Promise<readonly ReportRequest[]> {
  const requests = words.map((word) => {
    const equals = word.indexOf('=');
    const format = equals < 0 ? word : word.slice(0, equals);
    const file = equals < 0 ? null : word.slice(equals + 1);
    if (!Object.hasOwn(FORMATS, format)) {
      throw usage(`there is no report format "${format}"`, `formats: ${Object.keys(FORMATS).join(', ')}`);
    }
    if (file === '')
      throw usage(`--report ${word} has no file name`, `leave out the = to write to standard output`);
    return { format, file };
  });
  if (requests.filter(({ file }) => file === null).length > 1) {
    throw usage(
      'two reports cannot both be all that standard output carries',
      'give one of them a file: FORMAT=FILE',
    );
  }
  await checkReportFiles(requests);
  return requests;
}

function usage(message: string, hint: string): InputError {
  return new InputError([{ severity: 'error', message, hint }]);
}

/**
 * Makes sure that every report file can be written, before any host is touched: a run whose report is lost cannot be
 * told from one that never was. A report of an earlier run is removed, so that nobody takes it for this one's.
 */
async function checkReportFiles(requests: readonly ReportRequest[]): Promise<void> {
  for (const { file } of requests) {
    if (file === null) continue;
    const draft = draftName(file);
    try {
      await (await open(draft, 'wx')).close();
      await rm(draft);
      await rm(file, { force: true });
    } catch (cause) {
      throw usage(`the report ${file} cannot be written: ${words(cause)}`, 'check the folder');
    }
  }
}

/** Writes all reports; a file is whole or not there. @throws InputError where one cannot be written */
export async function writeReports(requests: readonly ReportRequest[], result: RunResult): Promise<void> {
  for (const { format, file } of requests) {
    const pieces = FORMATS[format]?.(result) ?? [];
    try {
      if (file === null) await pipeline(pieces, process.stdout, { end: false });
      else {
        await pipeline(pieces, createWriteStream(draftName(file)));
        await rename(draftName(file), file);
      }
    } catch (cause) {
      // A reader that goes away (`--report json | head`) has read what it wanted.
      if ((cause as NodeJS.ErrnoException).code === 'EPIPE') continue;
      throw usage(
        `the report ${file ?? 'on standard output'} could not be written: ${words(cause)}`,
        RUN_IS_DONE,
      );
    }
  }
}

const RUN_IS_DONE = 'the run itself is over: what is shown above it has done';

function words(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}

function draftName(file: string): string {
  return `${file}.${pid}.tmp`;
}
