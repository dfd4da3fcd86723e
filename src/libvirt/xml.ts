import { XMLParser, XMLValidator } from 'fast-xml-parser';
import { isPlainXml } from './plain_xml.ts';

/** The only file that knows fast-xml-parser: its defaults lose data (a name `007` would become the number 7). */

/** An element: attributes under `@name`, text under `#text`, children under their names with prefix, always as arrays. */
export interface Element {
  readonly [name: string]: string | readonly Element[];
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
  // Element by element, as it was read: the objects that it makes of these otherwise cost as much again ({@link toElement}).
  preserveOrder: true,
});

/** What the parser gives: an element as its only property, beside its attributes under `:@`, or a text. */
type Item = Readonly<Record<string, string | readonly Item[] | Readonly<Record<string, string>>>>;

/**
 * Parses one XML document.
 * @param name what the document element must be called
 * @throws XmlError when the text is not well-formed, has a DTD (libvirt prints none: it could only do harm) or another root
 */
export function documentElement(xml: string, name: string): Element {
  const root = parseDocument(xml)[name];
  const element = typeof root === 'object' ? root[0] : undefined;
  const isEmpty = element === undefined || Object.keys(element).every((key) => key === '#text');
  if (isEmpty) throw new XmlError(`there is no <${name}> in it`);
  return element;
}

function parseDocument(printed: string): Element {
  // libvirt prints a carriage return in a name as it is, and any reader of XML would take it for a line break.
  const xml = printed.replaceAll('\r', '&#13;');
  if (!isPlainXml(xml)) validate(xml);
  try {
    return toElement(parser.parse(withoutBreaks(xml)) as readonly Item[], undefined);
  } catch (cause) {
    // It refuses some input of its own accord, e.g. an element called `__proto__`.
    throw new XmlError(`not XML that can be read: ${cause instanceof Error ? cause.message : String(cause)}`);
  }
}

/** @throws XmlError */
function validate(xml: string): void {
  if (/^\s*<!DOCTYPE/.test(xml)) throw new XmlError('the description has a document type declaration');
  const valid = XMLValidator.validate(xml);
  if (valid !== true) throw new XmlError(`not well-formed XML: ${valid.err.msg} (line ${valid.err.line})`);
}

/**
 * The same without most of the line breaks between elements, each of which the parser makes a text of. After an element
 * that has no content, a line break and another element: in a text of its own that stands only in CDATA or a comment.
 */
function withoutBreaks(xml: string): string {
  return xml.includes('<!') ? xml : xml.replaceAll('/>\n<', '/><');
}

function toElement(items: readonly Item[], attributes: Item[string] | undefined): Element {
  const element: Record<string, string | Element[]> = {};
  for (const item of items)
    for (const name in item) {
      if (name === ':@') continue;
      const [value, before] = [item[name], element[name]];
      if (typeof value === 'string') element[name] = typeof before === 'string' ? before + value : value;
      else {
        const child = toElement(value as readonly Item[], item[':@']);
        if (Array.isArray(before)) before.push(child);
        else element[name] = [child];
      }
    }
  return attributes === undefined ? element : Object.assign(element, attributes);
}

/** All child elements of that name; an element without content and attributes counts too. */
export function children(element: Element | undefined, name: string): readonly Element[] {
  const found = element?.[name];
  return typeof found === 'object' ? found : [];
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
