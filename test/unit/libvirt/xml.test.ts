import { describe, expect, it } from 'vitest';
import { child, documentElement, text, XmlError } from '../../../src/libvirt/xml.ts';

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
    ['a comment', 'a<!-- <b> -->c', 'ac'],
    ['a document type that is text', '<![CDATA[<!DOCTYPE a>]]>', '<!DOCTYPE a>'],
    ['more references than any name has', '&lt;'.repeat(20_000), '<'.repeat(20_000)],
  ])('keeps a text with %s', (_what, written, meant) => {
    expect(text(child(documentElement(`<d><name>${written}</name></d>`, 'd'), 'name'))).toBe(meant);
  });
});
