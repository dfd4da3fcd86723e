/** As xml.ts has it. */
interface Element {
  readonly [name: string]: string | readonly (Element | string)[];
}

/**
 * A quick reader for XML as libvirt prints it: each line is one tag, or one element with at most a text in it, and
 * nothing is escaped. That is nearly everything that hosts send, and the full parser takes several times as long for it.
 */

const NAME = '(?:[A-Za-z_][\\w.-]*:)?[A-Za-z_][\\w.-]*';
const VALUE = `'[^'<&]*'|"[^"<&]*"`;
const ATTRIBUTES = new RegExp(` (${NAME})=(${VALUE})`, 'g');
/** An end; or a start with attributes, which ends itself, or has a text and its end, or stays open. */
const LINE = new RegExp(
  `^ *(?:</(${NAME})>|<(${NAME})((?: ${NAME}=(?:${VALUE}))*)(?:(/>)|>(?:([^<&]*)</\\2>)?))$`,
);

/** As deep as the full parser goes. */
const MAX_DEPTH = 100;

type Members = Record<string, string | Element[]>;

/**
 * @returns the document with its one root element as a child, the same as the full parser's; null where the text is of
 * another shape or not well-formed, which is for the full parser to judge
 */
export function parseLines(xml: string): Element | null {
  if (xml.includes('\r')) return null;
  const document: Members = {};
  const open: { readonly name: string; readonly members: Members }[] = [];
  for (const line of xml.split('\n')) {
    if (line === '') continue;
    const match = LINE.exec(line);
    if (match === null) return null;
    const [, closing, opening = '', attributes = '', selfClosed, text] = match;
    if (closing !== undefined) {
      if (open.pop()?.name !== closing) return null;
      continue;
    }
    const parent = open.at(-1)?.members ?? document;
    // A second root element, or one too deep.
    if (parent === document && Object.keys(document).length > 0) return null;
    if (open.length === MAX_DEPTH) return null;
    const members = attributes === '' ? {} : readAttributes(attributes);
    if (members === null) return null;
    const content = text?.trim() ?? '';
    if (content !== '') members['#text'] = content;
    if (!append(parent, localName(opening), members)) return null;
    if (selfClosed === undefined && text === undefined) open.push({ name: opening, members });
  }
  return open.length === 0 ? document : null;
}

/** @returns null when one is given twice */
function readAttributes(text: string): Members | null {
  const members: Members = {};
  const namespaces: string[] = [];
  for (const [, name = '', quoted = ''] of text.matchAll(ATTRIBUTES)) {
    const key = `@${localName(name)}`;
    if (key in members || namespaces.includes(name)) return null;
    if (name === 'xmlns' || name.startsWith('xmlns:')) namespaces.push(name);
    else members[key] = quoted.slice(1, -1).trim();
  }
  return members;
}

/** @returns false for a name that means something to JavaScript itself */
function append(parent: Members, name: string, element: Members): boolean {
  if (name in Object.prototype) return false;
  const siblings = parent[name];
  if (Array.isArray(siblings)) siblings.push(element);
  else parent[name] = [element];
  return true;
}

function localName(name: string): string {
  return name.slice(name.indexOf(':') + 1);
}
