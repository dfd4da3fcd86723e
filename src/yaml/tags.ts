import { shorten } from '../base/text.ts';
import { Encrypted } from './encrypted.ts';
import { resolvePlain } from './scalar.ts';
import { UnsafeText } from './unsafe.ts';

interface Refused {
  readonly message: string;
  readonly hint?: string | undefined;
}

/** Marks texts, and all texts in a map or list, that are no templates. */
export const UNSAFE = '!unsafe';

const CORE = 'tag:yaml.org,2002:';

/** Tags that say of a text that it is one. */
export function isTextTag(tag: string): boolean {
  return tag === '!' || tag === `${CORE}str`;
}

/** A date and time is a text, as one without the tag is. */
const TIMESTAMP =
  /^\d{4}-\d\d?-\d\d?(?:(?:[Tt]|[ \t]+)\d\d?:\d\d:\d\d(?:\.\d*)?[ \t]*(?:Z|[-+]\d\d?(?::\d\d)?)?)?$/;

/** What a scalar with an explicit tag means, or why it is refused. */
export function taggedScalar(tag: string, text: string): { readonly value: unknown } | Refused {
  const name = tag.startsWith(CORE) ? tag.slice(CORE.length) : null;
  if (isTextTag(tag)) return { value: text };
  if (tag === UNSAFE) return { value: new UnsafeText(text) };
  if (tag === '!vault' || tag === '!vault-encrypted') return { value: new Encrypted(text) };
  if (name === 'timestamp' && TIMESTAMP.test(text)) return { value: text };
  const fits = name === null ? undefined : SCALAR_TAGS[name];
  if (fits === undefined) return refuseTag(tag);
  const value = resolvePlain(text);
  // The text itself is not said: it may be of an encrypted file.
  return fits(value) ? { value } : { message: `this is not a value of the tag "!!${name}"` };
}

const SCALAR_TAGS: Readonly<Partial<Record<string, (value: unknown) => boolean>>> = {
  int: (value) => Number.isInteger(value),
  float: (value) => typeof value === 'number',
  bool: (value) => typeof value === 'boolean',
  null: (value) => value === null,
};

/** Null when a map or list may have this tag. */
export function collectionTag(tag: string | undefined, map: boolean): Refused | null {
  return tag === undefined || tag === UNSAFE || tag === `${CORE}${map ? 'map' : 'seq'}`
    ? null
    : refuseTag(tag);
}

function refuseTag(tag: string): Refused {
  const written = shorten(tag.startsWith(CORE) ? `!!${tag.slice(CORE.length)}` : tag);
  if (tag === '!vault' || tag === '!vault-encrypted')
    return { message: `"${written}" is for a text`, hint: `write it as "${written} |" with the text below` };
  return {
    message: `the tag "${written}" is not supported`,
    hint: `if the value begins with "!", put it in quotes: "${written}"; else remove the tag`,
  };
}
