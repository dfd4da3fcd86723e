/**
 * A tag without references in its attributes, and the text after it without any. A name is not given twice in a tag:
 * what follows an attribute up to the tag's end does not have it again. Tags of more attributes would take long.
 */
const TAG =
  /<(?:([A-Za-z_][\w.:-]*)(?:\s+([A-Za-z_][\w.:-]*)=(?:'[^'<>&]*'|"[^"<>&]*")(?![^>]*\s\2=)){0,16}\s*(\/?)|\/([A-Za-z_][\w.:-]*)\s*)>([^<&]*)/y;

const BLANK = /^\s*$/;

/**
 * Whether a text is one well-formed XML document of the plain kind that most descriptions are: elements, attributes
 * and text, with no reference, comment, CDATA, declaration or instruction in it. It is a quick yes for the parser's own
 * validator, which takes a third of the time of reading a description: for what is not plain, it decides.
 */
export function isPlainXml(xml: string): boolean {
  const open: string[] = [];
  TAG.lastIndex = 0;
  do {
    const tag = TAG.exec(xml);
    if (tag === null) return false;
    const [, name, , selfClosing, closed, text = ''] = tag;
    if (name === undefined) {
      if (open.pop() !== closed) return false;
    } else if (selfClosing === '') open.push(name);
    if (open.length === 0) return TAG.lastIndex === xml.length && BLANK.test(text);
  } while (TAG.lastIndex < xml.length);
  return false;
}
