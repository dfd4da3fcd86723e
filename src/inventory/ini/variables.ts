import { readLiteral } from '../../base/python/literal.ts';
import { type Piece, pythonStrip } from '../../base/python/text.ts';
import { shorten } from '../../base/text.ts';
import { type Source, setEntryPlace, setPlace } from '../../yaml/places.ts';
import type { Word } from './words.ts';

export interface Variable {
  readonly name: string;
  readonly value: unknown;
  /** Offsets in the file. */
  readonly nameAt: number;
  readonly valueAt: number;
}

/** Offsets are those of the file. */
export interface VariableProblem {
  readonly message: string;
  readonly hint?: string | undefined;
  readonly at: number;
}

/** `name=value` as a word of a line of hosts: what is behind the first `=` is the value, without its quotes. */
export function wordVariable(word: Word, lineAt: number, source: Source): Variable | VariableProblem {
  const split = word.text.indexOf('=');
  if (split < 0) {
    const message = `"${shorten(word.text)}" is not a variable`;
    const hint =
      'after a host stand its variables, name=value, with quotes around what has blanks: name="a b"';
    return { message, hint, at: lineAt + word.at };
  }
  const at = (i: number) => lineAt + (word.offsets[i] ?? (word.offsets.at(-1) ?? word.at) + 1);
  const parts = {
    name: word.text.slice(0, split),
    nameAt: lineAt + word.at,
    text: word.text.slice(split + 1),
  };
  return variable({ ...parts, valueAt: (i) => at(split + 1 + i) }, source);
}

/** `name = value` as a line of its own; blanks around both are left out. */
export function lineVariable(line: Piece, source: Source): Variable | VariableProblem {
  const split = line.text.indexOf('=');
  if (split < 0) {
    const message = `"${shorten(line.text)}" is not a variable`;
    return { message, hint: 'in a section [group:vars] each line is name=value', at: line.at };
  }
  const name = pythonStrip({ text: line.text.slice(0, split), at: line.at });
  const value = pythonStrip({ text: line.text.slice(split + 1), at: line.at + split + 1 });
  return variable(
    { name: name.text, nameAt: name.at, text: value.text, valueAt: (i) => value.at + i },
    source,
  );
}

interface Parts {
  readonly name: string;
  readonly nameAt: number;
  readonly text: string;
  /** The offset of a character of the text. */
  readonly valueAt: (index: number) => number;
}

function variable({ name, nameAt, text, valueAt }: Parts, source: Source): Variable | VariableProblem {
  if (name === '') return { message: 'a variable needs a name before its "="', at: nameAt };
  if (name === '__proto__') return { message: 'the name "__proto__" is not allowed', at: nameAt };
  const typed = typedValue(text, valueAt, source);
  const place = { nameAt, valueAt: valueAt(0) };
  if ('value' in typed) return { name, value: typed.value, ...place };
  const message = `the value of "${shorten(name)}" ${typed.problem}`;
  return { message, hint: 'quote a text for Python as well: name="\'text\'"', at: place.valueAt };
}

/** Words that cannot be anything but text, which most values are. */
const PLAIN = /^(?!(?:True|False|None)$)[A-Za-z_][\w./-]*$/;

/** Ansible's types of values in INI files: Python's literals, and texts of all else. */
function typedValue(
  text: string,
  valueAt: Parts['valueAt'],
  source: Source,
): { readonly value: unknown } | { readonly problem: string } {
  if (PLAIN.test(text)) return { value: text };
  const read = readLiteral(text, {
    container: (value, at) => setPlace(value, source, valueAt(at)),
    entry: (container, key, keyAt, at) => setEntryPlace(container, key, source, valueAt(keyAt), valueAt(at)),
  });
  if (read.kind === 'problem') return { problem: read.message };
  return { value: read.kind === 'value' ? read.value : text };
}
