import { XMLParser, XMLValidator } from 'fast-xml-parser';

/** The only file that knows fast-xml-parser: its defaults lose data (a name `007` would become the number 7). */

/** An element: attributes under `@name`, text under `#text`, children under their names with prefix, always as arrays. */
export interface Element {
  readonly [name: string]: string | readonly (Element | string)[];
}

/** Output of a host that is not the XML it should be. */
export class XmlError extends Error {
  override readonly name = 'XmlError';
}

const parser = new XMLParser({
  ignoreAttributes: false,
  attributeNamePrefix: '@',
  parseTagValue: false,
  parseAttributeValue: false,
  // A name may begin or end with a blank.
  trimValues: false,
  // For numeric references: libxml2 writes non-Latin letters in metadata as such. No names but XML's own: with true,
  // the parser builds a table of those of HTML for each document. Its types know only true.
  htmlEntities: {} as true,
  // With true it writes the path of each element and attribute for callbacks, which do not need it.
  jPath: false,
  ignoreDeclaration: true,
  ignorePiTags: true,
  isArray: (_name, _path, _isLeaf, isAttribute) => !isAttribute,
});

/**
 * Parses one XML document.
 * @param name what the document element must be called
 * @throws XmlError when the text is not well-formed, has a DTD (libvirt prints none: it could only do harm) or another root
 */
export function documentElement(xml: string, name: string): Element {
  const root = parseDocument(xml)[name];
  const element = Array.isArray(root) ? root[0] : undefined;
  if (element === undefined || typeof element === 'string') throw new XmlError(`there is no <${name}> in it`);
  return element;
}

function parseDocument(printed: string): Element {
  // libvirt prints a carriage return in a name as it is, and any reader of XML would take it for a line break.
  const xml = printed.replaceAll('\r', '&#13;');
  if (/^\s*<!DOCTYPE/.test(xml)) throw new XmlError('the description has a document type declaration');
  const valid = XMLValidator.validate(xml);
  if (valid !== true) throw new XmlError(`not well-formed XML: ${valid.err.msg} (line ${valid.err.line})`);
  try {
    return parser.parse(xml) as Element;
  } catch (cause) {
    // It refuses some input of its own accord, e.g. an element called `__proto__`.
    throw new XmlError(`not XML that can be read: ${cause instanceof Error ? cause.message : String(cause)}`);
  }
}

/** All child elements of that name; an element without content and attributes counts too. */
export function children(element: Element | undefined, name: string): readonly Element[] {
  const found = element?.[name];
  if (!Array.isArray(found)) return [];
  return found.map((item: Element | string) => (typeof item === 'string' ? { '#text': item } : item));
}

/** The first child element of that name. */
export function child(element: Element | undefined, name: string): Element | undefined {
  return children(element, name)[0];
}

/** An attribute's value, '' where absent. */
export function attribute(element: Element | undefined, name: string): string {
  const value = element?.[`@${name}`];
  return typeof value === 'string' ? value : '';
}

/** The text of an element, '' where there is none. */
export function text(element: Element | undefined): string {
  const value = element?.['#text'];
  return typeof value === 'string' ? value : '';
}
