/** A position in a file that the user wrote. Lines and columns are 1-based, columns in UTF-16 units. */
export interface Place {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

/** Something to tell the user about the input: what is wrong, where, and what to do about it. */
export interface Diagnostic {
  /** A note is worth knowing and no mistake: `--strict` lets it pass. */
  readonly severity: 'error' | 'warning' | 'note';
  /** One sentence without a final full stop. May quote user data: renderers escape control characters. */
  readonly message: string;
  /** The remedy, e.g. the spelling that was perhaps meant. */
  readonly hint?: string | undefined;
  readonly place?: Place | undefined;
  /** Where the value that is wrong came from: the template that made it, the variables in that. */
  readonly from?: readonly Origin[] | undefined;
  /** Something is not there: of no worth to tell where a file that may have it could not be read. */
  readonly missing?: boolean | undefined;
}

export interface Origin {
  /** `the template "{{ x }}"` */
  readonly text: string;
  readonly place: Place;
}

/** Bad input: the run has not begun, no host was touched. The command line exits 1 with all diagnostics. */
export class InputError extends Error {
  override readonly name = 'InputError';
  readonly diagnostics: readonly Diagnostic[];
  constructor(diagnostics: readonly Diagnostic[]) {
    super(diagnostics.map((d) => d.message).join('; '));
    this.diagnostics = diagnostics;
  }
}

/** One thing that is wrong with the input, without a place. */
export function inputError(message: string, hint?: string): InputError {
  return new InputError([{ severity: 'error', message, hint }]);
}

/** Whether anything of these is an error, beside which warnings do not count. */
export function hasErrors(diagnostics: readonly Diagnostic[]): boolean {
  return diagnostics.some(({ severity }) => severity === 'error');
}
