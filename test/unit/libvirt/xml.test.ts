import { describe, expect, it } from 'vitest';
import { attribute, child, children, documentElement, text, XmlError } from '../../../src/libvirt/xml.ts';

describe('documentElement', () => {
  it('refuses what is not well-formed', () => {
    for (const xml of ['', '<a>', '<a></b>', '<a/><a/>', '<!DOCTYPE a><a x="1"/>', '<<\n<a/>', '<a/>\n<<'])
      expect(() => documentElement(xml, 'a'), xml).toThrow(XmlError);
  });

  it.each([
    ['digits', '007', '007'],
    ['blanks around it', ' a  b ', ' a  b '],
    ['references', 'x &amp; y &#38;amp; &#1078;', 'x & y &amp; ж'],
    ['a name that only HTML has', '&eacute;', '&eacute;'],
    ['a carriage return', 'a\rb', 'a\rb'],
    ['CDATA', 'a<![CDATA[<b>&amp;]]>c', 'a<b>&amp;c'],
    ['CDATA that reads like two elements', '<![CDATA[<b/>\n<c/>]]>', '<b/>\n<c/>'],
    ['a line break alone', '\n', '\n'],
    ['a comment', 'a<!-- <b> -->c', 'ac'],
    ['a document type that is text', '<![CDATA[<!DOCTYPE a>]]>', '<!DOCTYPE a>'],
    ['more references than any name has', '&lt;'.repeat(20_000), '<'.repeat(20_000)],
  ])('keeps a text with %s', (_what, written, meant) => {
    expect(text(child(documentElement(`<d><name>${written}</name></d>`, 'd'), 'name'))).toBe(meant);
  });

  it('has elements of one name in their order, whatever stands between them', () => {
    const found = documentElement(`<d>\n<n a='1'/>\n<m>\n<n/>\n</m>\n<n a='2'>x</n>\n<n/>\n</d>`, 'd');
    expect(children(found, 'n').map((one) => [attribute(one, 'a'), text(one)])).toEqual([
      ['1', ''],
      ['2', 'x'],
      ['', ''],
    ]);
  });

  it('finds nothing that every object has', () => {
    const found = documentElement('<d><n/></d>', 'd');
    expect([children(found, 'isPrototypeOf'), text(child(found, 'toString'))]).toEqual([[], '']);
  });
});
