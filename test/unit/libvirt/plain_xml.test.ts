import fc from 'fast-check';
import { XMLValidator } from 'fast-xml-parser';
import { describe, expect, it } from 'vitest';
import { isPlainXml } from '../../../src/libvirt/plain_xml.ts';
import { sweep } from '../../sweep.ts';

describe('isPlainXml', () => {
  it.each([
    `<domain type='kvm' id='1'>\n<name>vm 001</name>\n<devices>\n<disk/>\n</devices>\n</domain>\n`,
    '<a/>',
    '<a x="1" y=\'2\' />',
    '<n:a xmlns:n="u"><n:b>é</n:b></n:a>',
    `<a x='x=1'/>`,
  ])('knows %j', (xml) => {
    expect(isPlainXml(xml)).toBe(true);
  });

  it.each([
    '',
    ' ',
    'a',
    '<a>',
    '</a>',
    '<a></b>',
    '<a/><a/>',
    '<a/>b',
    '<a><b></a></b>',
    '<a x=1/>',
    '<a x/>',
    `<a x='1' x='2'/>`,
    `<a x='1' y='' x='2'></a>`,
    `<a x='1'y='2'/>`,
    '<a>&amp;</a>',
    `<a x='&lt;'/>`,
    `<a x='<'/>`,
    '<a><!-- --></a>',
    '<a><![CDATA[x]]></a>',
    '<?xml version="1.0"?><a/>',
    '<!DOCTYPE a><a/>',
    '< a/>',
    '<a/ >',
    '<1/>',
  ])('leaves %j to the validator', (xml) => {
    expect(isPlainXml(xml)).toBe(false);
  });

  it('leaves tags to it that would take long', () => {
    const attributes = Array.from({ length: 20_000 }, (_, index) => ` x${index}='1'`).join('');
    for (const xml of [`<a${' '.repeat(100_000)}`, `<a${attributes}/>`]) expect(isPlainXml(xml)).toBe(false);
  });

  it('knows no description that was damaged where the validator does not', () => {
    const depthIdentifier = fc.createDepthIdentifier();
    const { element } = fc.letrec<{ element: readonly string[] }>((tie) => ({
      element: fc
        .tuple(
          fc.constantFrom('a', 'b', 'n:c'),
          fc.subarray([` x='1'`, ` y="'"`, ` z='é'`]),
          fc.constantFrom('', '\n', 'text'),
          fc.oneof(
            { maxDepth: 3, depthIdentifier },
            fc.constant([]),
            fc.array(tie('element'), { maxLength: 3 }),
          ),
        )
        .map(([name, attributes, text, inner]) => [
          ...['<', name, ...attributes, '>', text, ...inner.flatMap((one) => [...one, '\n'])],
          ...['</', name, '>'],
        ]),
    }));
    const stray = fc.constantFrom(
      ...['', '<', '>', '</', '/', '/>', '<a>', '</a>', '<b/>', ` x='2'`, ' x', '=', `'`, '"', '&', '&amp;'],
      ...['<!--', '-->', '<![CDATA[', ']]>', '<?x', '?>', '\n', 'text'],
    );
    const place = fc.nat();
    const runs = sweep(20_000);
    let known = 0;
    fc.assert(
      fc.property(element, place, fc.nat(2), stray, (parts, at, removed, put) => {
        expect(isPlainXml(parts.join(''))).toBe(true);
        const xml = parts.toSpliced(at % parts.length, removed, put).join('');
        if (!isPlainXml(xml)) return;
        known += 1;
        expect(XMLValidator.validate(xml), xml).toBe(true);
      }),
      runs,
    );
    expect(known).toBeGreaterThan(runs.numRuns / 20);
  });
});
