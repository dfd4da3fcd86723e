import { jsonText } from '../base/json_text.ts';
import { EXIT } from '../engine/exit_code.ts';
import { type Diagnostic, hasErrors, InputError } from '../model/diagnostic.ts';
import { VALIDATE_SCHEMA } from '../reporters/schema_validate.ts';
import { ownResult } from './own_result.ts';
import { reportContext } from './report_context.ts';
import { clearReports, openReportsOf, type ReportRequest, writeJson, writeReports } from './reports.ts';

/** The formats that tell of lines in files; JSON is validate's own. */
const FORMATS = ['json', 'sarif', 'gitlab', 'github', 'junit'];

/** For the help of validate. */
export const VALIDATE_FORMATS = FORMATS.join(', ');

/** The reports of validate, which are about files and no hosts. @throws InputError */
export async function openValidateReports(words?: readonly string[]): Promise<readonly ReportRequest[]> {
  const requests = await openReportsOf('validate', FORMATS, words);
  await clearReports(requests);
  return requests;
}

/**
 * Writes what was found in files.
 * @param files what was validated; what has no line of its own is told at the first of them
 * @param exitCode of the command
 * @throws InputError where a report cannot be written
 */
export async function writeValidateReports(
  requests: readonly ReportRequest[],
  diagnostics: readonly Diagnostic[],
  files: readonly string[],
  exitCode: number,
): Promise<void> {
  const found = diagnostics.map(({ severity, message, hint, place }) => ({ severity, message, hint, place }));
  const own = { schema: VALIDATE_SCHEMA, valid: exitCode === EXIT.ok, exitCode, diagnostics: found };
  await writeJson(
    requests.filter(({ format }) => format === 'json'),
    `${jsonText(own)}\n`,
  );
  const result = ownResult({ command: 'virtune validate', exitCode, playbooks: files, warnings: found });
  await writeReports(
    requests.filter(({ format }) => format !== 'json'),
    result,
    reportContext(),
  );
}

/**
 * Looks at files, and reports what it has found there, be it errors or warnings.
 * @param look gives the warnings; @throws InputError on errors
 */
export async function reported<T extends { readonly warnings: readonly Diagnostic[] }>(
  requests: readonly ReportRequest[],
  files: readonly string[],
  { strict = false }: { readonly strict?: boolean | undefined },
  look: () => Promise<T>,
): Promise<T> {
  const write = (found: readonly Diagnostic[]) => {
    const wrong = hasErrors(found) || (strict && found.some(({ severity }) => severity === 'warning'));
    return writeValidateReports(requests, found, files, wrong ? EXIT.input : EXIT.ok);
  };
  let seen: T;
  try {
    seen = await look();
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    try {
      await write(error.diagnostics);
    } catch (other) {
      if (other instanceof InputError) throw new InputError([...error.diagnostics, ...other.diagnostics]);
      throw other;
    }
    throw error;
  }
  await write(seen.warnings);
  return seen;
}
