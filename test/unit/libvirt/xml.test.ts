import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { documentElement, parseDocument, XmlError } from '../../../src/libvirt/xml.ts';
import { parseLines } from '../../../src/libvirt/xml_lines.ts';

const DOMAIN = `<domain type='kvm' id='1' xmlns:qemu='http://libvirt.org/schemas/domain/qemu/1.0'>
  <name>007</name>
  <uuid>91fcf19b-d6c6-48d6-b528-5684bfc9113e</uuid>
  <title> two  words </title>
  <metadata>
    <nova:instance xmlns:nova="http://openstack.org/xmlns/libvirt/nova/1.1">
      <nova:name>app-1</nova:name>
      <nova:flavor name="m1.small">
        <nova:memory>2048</nova:memory>
        <nova:extraSpecs/>
      </nova:flavor>
    </nova:instance>
  </metadata>
  <devices>
    <interface type='bridge'>
      <mac address='52:54:00:b6:a9:f3'/>
      <bandwidth>
        <inbound average='12500' peak='12500' burst='12500'/>
      </bandwidth>
      <boot></boot>
      <note> </note>
    </interface>
    <interface type='user'>
    </interface>
  </devices>
</domain>
`;

const parsed = (parse: () => unknown): unknown => {
  try {
    return parse();
  } catch (error) {
    if (error instanceof XmlError) return 'XmlError';
    throw error;
  }
};

/** The full parser gives a string for an element with nothing but text: to those who read it that is the same. */
function asObjects(value: unknown): unknown {
  if (!Array.isArray(value))
    return typeof value === 'object' && value !== null ? mapValues(value, asObjects) : value;
  return value.map((item) =>
    typeof item === 'string' ? (item === '' ? {} : { '#text': item }) : asObjects(item),
  );
}

function mapValues(object: object, change: (value: unknown) => unknown): object {
  return Object.fromEntries(Object.entries(object).map(([name, value]) => [name, change(value)]));
}

/** Whatever the quick reader takes, the full parser must read just so. */
function agrees(xml: string): void {
  const quick = parseLines(xml);
  if (quick !== null) expect(quick, xml).toEqual(asObjects(parsed(() => parseDocument(xml))));
}

describe('the quick reader', () => {
  it('reads what libvirt prints as the full parser does', () => {
    expect(parseLines(DOMAIN)).not.toBeNull();
    agrees(DOMAIN);
  });

  it.each([
    ['an escaped character', `<a>\n  <b>x &amp; y</b>\n</a>`],
    ['text beside elements', `<a>\n  text\n  <b/>\n</a>`],
    ['a comment', `<a>\n  <!-- <b/> -->\n</a>`],
    ['a declaration', `<?xml version="1.0"?>\n<a/>`],
    ['CDATA', `<a><![CDATA[x]]></a>`],
    ['a document type', `<!DOCTYPE a>\n<a/>`],
    ['two elements on a line', `<a>\n  <b/><c/>\n</a>`],
    ['an element over two lines', `<a b='1'\n   c='2'/>`],
    ['an attribute twice', `<a b='1' b='2'/>`],
    ['two roots', `<a/>\n<b/>`],
    ['an open element', `<a>\n  <b>\n</a>`],
    ['a stray end', `<a/>\n</a>`],
    ['a name of JavaScript', `<a>\n  <__proto__/>\n</a>`],
    ['a carriage return', `<a>\r\n</a>\r\n`],
    ['an unquoted value', `<a b=1/>`],
  ])('leaves %s to the full parser', (_what, xml) => {
    expect(parseLines(xml)).toBeNull();
  });

  it('agrees on any tree in libvirt’s own form', () => {
    const name = fc.constantFrom(
      'a',
      'b',
      'interface',
      'nova:name',
      'x-y',
      '_z',
      'constructor',
      'toString',
      'xmlns',
    );
    const value = fc.string({ unit: fc.constantFrom('a', '0', ' ', 'é', '/', '>', '=', ':', '\t', ']') });
    const attributes = fc.array(
      fc.tuple(fc.constantFrom('id', 'n:id', 'type', 'xmlns', 'xmlns:n', 'valueOf'), value),
    );
    const lines = (
      indent: string,
      tag: string,
      given: [string, string][],
      inner: string | string[] | null,
    ) => {
      const start = `${indent}<${tag}${given.map(([n, v]) => ` ${n}='${v}'`).join('')}`;
      if (inner === null) return `${start}/>`;
      if (typeof inner === 'string') return `${start}>${inner}</${tag}>`;
      return [`${start}>`, ...inner, `${indent}</${tag}>`].join('\n');
    };
    const { tree } = fc.letrec<{ tree: string }>((tie) => ({
      tree: fc
        .tuple(name, attributes, fc.oneof({ maxDepth: 4 }, fc.constant(null), value, fc.array(tie('tree'))))
        .map(([tag, given, inner]) => lines('', tag, given, inner)),
    }));
    fc.assert(fc.property(tree, agrees), { numRuns: 2_000 });
  });

  it('agrees on what is left of a description after any damage', () => {
    const piece = fc.oneof(
      fc.constantFrom(
        '<',
        '>',
        '/',
        "'",
        '"',
        '&',
        '\n',
        ' ',
        '=',
        '<b>',
        '</b>',
        '<a/>',
        '&#65;',
        ']]>',
        '-->',
        '<!--',
      ),
      fc.string({ maxLength: 3 }),
    );
    const damage = fc.record({ at: fc.nat(DOMAIN.length), length: fc.nat(20), piece });
    fc.assert(
      fc.property(fc.array(damage, { minLength: 1, maxLength: 4 }), (all) => {
        agrees(
          all.reduce(
            (xml, { at, length, piece: put }) => xml.slice(0, at) + put + xml.slice(at + length),
            DOMAIN,
          ),
        );
      }),
      { numRuns: 5_000 },
    );
  });
});

describe('documentElement', () => {
  it('refuses what is not well-formed, whatever reads it', () => {
    for (const xml of ['', '<a>', '<a></b>', '<a/><a/>', '<!DOCTYPE a><a x="1"/>'])
      expect(() => documentElement(xml, 'a'), xml).toThrow(XmlError);
  });
});
