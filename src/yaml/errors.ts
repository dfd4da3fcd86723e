import type { YAMLParseError } from 'yaml';

export interface Explained {
  /** Offset in the text. */
  readonly at: number;
  readonly message: string;
  readonly hint?: string | undefined;
}

const QUOTE_HINT = 'put the whole value in quotes';

/** The YAML library's error in the words of someone who writes inventories, with what to do about it. */
export function explainSyntaxError(error: YAMLParseError, text: string): Explained {
  const at = error.pos[0];
  const explained = BY_CODE[error.code]?.(error, text, at);
  return { at, message: `invalid YAML: ${lowerFirst(error.message)}`, ...explained };
}

type Explain = (error: YAMLParseError, text: string, at: number) => Partial<Explained> & { message: string };

const BY_CODE: Readonly<Partial<Record<string, Explain>>> = {
  TAB_AS_INDENT: () => ({ message: 'a tab is used to indent', hint: 'YAML is indented with spaces only' }),
  MISSING_CHAR: missingCharacter,
  BAD_INDENT: (error, text, at) => {
    const bracket = /Flow (map|sequence)/.exec(error.message)?.[1];
    if (bracket === undefined) return { message: 'wrong indentation', hint: indentHint };
    const [open, close] = bracket === 'map' ? ['{', '}'] : ['[', ']'];
    const from = text.lastIndexOf(open ?? '', at - 1);
    const message = `"${open}" is not closed with "${close}", or "${close}" stands too far left`;
    return from < 0 ? { message } : { message, at: from };
  },
  BLOCK_AS_IMPLICIT_KEY: (error) =>
    /compact/.test(error.message)
      ? {
          message: 'a map cannot begin here',
          hint: `if the colon belongs to the value, ${QUOTE_HINT}; else ${indentHint}`,
        }
      : { message: 'wrong indentation', hint: indentHint },
  MULTILINE_IMPLICIT_KEY: () => ({
    message: 'a key must stand on one line',
    hint: `is a colon missing? Else ${indentHint}`,
  }),
  BAD_ALIAS: (error) => {
    const what = error.message.startsWith('Anchor') ? 'the anchor after "&"' : 'the alias after "*"';
    return { message: `${what} has no name`, hint: `if the value begins with that character, ${QUOTE_HINT}` };
  },
  BAD_SCALAR_START: (_error, text, at) => ({
    message: `a value cannot begin with "${text[at]}"`,
    hint: QUOTE_HINT,
  }),
  BAD_DQ_ESCAPE: (_error, text, at) => ({
    message: `unknown escape "${text.slice(at, at + 2)}" in double quotes`,
    hint: 'write "\\\\" for a backslash, or use single quotes',
  }),
  UNEXPECTED_TOKEN: (_error, text, at) => {
    if (text[at] === ']' || text[at] === '}') return { message: `"${text[at]}" closes nothing` };
    return {
      message: 'this does not belong here',
      hint: `if it is part of the value before it, ${QUOTE_HINT}; else ${indentHint}`,
    };
  },
  MULTIPLE_ANCHORS: () => ({ message: 'a value can have only one anchor' }),
  MULTIPLE_TAGS: () => ({ message: 'a value can have only one tag' }),
  KEY_OVER_1024_CHARS: () => ({
    message: 'a key is longer than 1024 characters',
    hint: 'is a quote not closed?',
  }),
};

const indentHint = 'keys of one map and items of one list must stand in the same column';

function missingCharacter(
  error: YAMLParseError,
  text: string,
  at: number,
): Partial<Explained> & { message: string } {
  const quote = /closing (["'])quote/.exec(error.message)?.[1];
  if (quote !== undefined) {
    const from = openingQuote(text, quote, at);
    return { message: `the quote ${quote} is not closed`, ...(from < 0 ? {} : { at: from }) };
  }
  const close = /must end with a ([\]}])/.exec(error.message)?.[1];
  if (close !== undefined) {
    return { message: `"${close}" is missing: a bracket is opened and not closed` };
  }
  if (/directives-end/.test(error.message)) {
    return { message: 'a line that begins with "%" must be followed by "---"', hint: QUOTE_HINT };
  }
  if (/between flow/.test(error.message)) {
    return {
      message: 'a comma or colon is missing between brackets',
      hint: 'in "{…}" and "[…]", a name such as hv[01:03] must be in quotes',
    };
  }
  return { message: 'a colon is missing after the key', hint: indentHint };
}

/** The library points at the end of the text; the mistake is where the quote was opened. */
function openingQuote(text: string, quote: string, end: number): number {
  let best = -1;
  // The last place where a scalar can begin with that quote; anything cleverer needs the whole grammar.
  const opening = new RegExp(`(?:^|[\\s:,\\[{-])${quote}`, 'gm');
  for (const match of text.slice(0, end).matchAll(opening)) best = match.index + match[0].length - 1;
  return best;
}

function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}
