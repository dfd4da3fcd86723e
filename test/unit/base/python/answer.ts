import { readLiteral } from '../../../../src/base/python/literal.ts';

/** A text as a literal, in the form in which test/parity/literal_driver.py has Python's answer. */
export function answer(text: string): object {
  const read = readLiteral(text);
  return read.kind === 'value' ? { value: read.value } : { kind: read.kind };
}
