/** What is wrong with a template. `src/template` catches it and makes a diagnostic of it. */
export class TemplateProblem extends Error {
  override readonly name = 'TemplateProblem';
  readonly hint: string | undefined;
  /** Something is not there: of no worth to tell where a file that may have it could not be read. */
  readonly missing: boolean;
  constructor(message: string, hint?: string, missing = false) {
    super(message);
    this.hint = hint;
    this.missing = missing;
  }
}

/** A variable that the template needs has errors that are told already. */
export class AlreadyTold extends Error {
  override readonly name = 'AlreadyTold';
}
