import type { Diagnostic } from '../model/diagnostic.ts';
import { UnsafeText } from '../yaml/unsafe.ts';

export interface Redactor {
  /** Notes a secret. */
  readonly add: (text: string) => void;
  /** Notes all values of a file that was encrypted as a whole. */
  readonly addFile: (value: unknown, path: string) => void;
  readonly redact: (diagnostic: Diagnostic) => Diagnostic;
}

const HIDDEN = '(hidden)';
/** Shorter ones are hidden in quotes only: they would be found within any sentence. */
const MIN_LENGTH = 4;
/** Messages cut what is longer than they can show: so many characters of it are enough to tell. */
const TELLING = 12;

/** Takes secrets out of what is shown: messages quote the values that are wrong. */
export function createRedactor(): Redactor {
  const secrets = new Set<string>();
  const files = new Set<string>();
  const add = (text: string) => {
    // Messages shorten what they quote, and show blanks around it or not.
    for (const form of [text, text.trim(), ...text.split('\n').map((line) => line.trim())])
      if (form !== '') secrets.add(form);
  };
  const addAll = (value: unknown): void => {
    if (typeof value === 'string' || typeof value === 'number' || value instanceof UnsafeText)
      add(String(value));
    else if (typeof value === 'object' && value !== null) Object.values(value).forEach(addAll);
  };
  const hide = (text: string): string => {
    let shown = text;
    // The longest first: one may be a part of another.
    for (const secret of [...secrets].sort((a, b) => b.length - a.length)) {
      if (secret.length < MIN_LENGTH) shown = shown.replaceAll(`"${secret}"`, `"${HIDDEN}"`);
      else shown = shown.replaceAll(secret, HIDDEN);
      if (secret.length > TELLING) shown = hideFrom(shown, secret.slice(0, TELLING));
    }
    return shown;
  };
  return {
    add,
    addFile: (value, path) => {
      files.add(path);
      addAll(value);
    },
    redact: (diagnostic) => {
      const { message, hint, place } = diagnostic;
      // Of such a file nothing is quoted, whatever it is.
      const strict = place !== undefined && files.has(place.file);
      const clean = (text: string) => {
        if (!strict) return hide(text);
        // The YAML library's own words may quote anything.
        return text.startsWith('invalid YAML')
          ? 'invalid YAML'
          : hide(text).replace(/"[^"]*"/g, `"${HIDDEN}"`);
      };
      return { ...diagnostic, message: clean(message), ...(hint === undefined ? {} : { hint: clean(hint) }) };
    },
  };
}

/** Hides a secret that was cut, up to the quote after it. */
function hideFrom(text: string, start: string): string {
  const parts = text.split(start);
  return parts.map((part, i) => (i === 0 ? part : HIDDEN + part.replace(/^[^"]*/, ''))).join('');
}
