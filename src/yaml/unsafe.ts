/** A text with Ansible's `!unsafe`: braces in it are no template, wherever it is put. */
export class UnsafeText {
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  get text(): string {
    return this.#text;
  }

  /** As `ansible-inventory --list` shows it. */
  toJSON(): object {
    return { __ansible_unsafe: this.#text };
  }

  toString(): string {
    return this.#text;
  }
}
