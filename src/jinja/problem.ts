/** What is wrong with a template, on its way to the diagnostic that tells it. Never leaves src/parse. */
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
