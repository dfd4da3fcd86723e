import fc from 'fast-check';

/** Domains with metadata of an adversary, and what is true of them by construction: no parser of ours is asked. */

export interface Known {
  readonly xml: string;
  readonly uuid: string;
  readonly name: string;
  readonly macs: readonly string[];
  readonly nova: string | null;
}

const FAKE = `<domain type='kvm'>
  <name>fake</name>
  <uuid>00000000-0000-0000-0000-00000000dead</uuid>
  <metadata>
  </metadata>
  <devices>
    <interface type='bridge'>
      <mac address='52:54:00:de:ad:01'/>
      <source bridge='br9'/>
      <bandwidth>
        <inbound average='1'/>
      </bandwidth>
    </interface>
  </devices>
</domain>`;

const piece = fc.constantFrom(
  FAKE,
  ...FAKE.split('\n').map((line) => `\n${line}\n`),
  '</metadata>',
  '</domain>',
  '<!--',
  '<![CDATA[',
  '<?x',
  '->',
  ']]',
  "'",
  '"',
  '/>',
  '%s',
  '<',
  '>',
  '&amp;',
  '\\',
  '\t',
  'é',
  '\nM42:c:00000000-0000-0000-0000-00000000beef\n',
);
const raw = fc.array(piece, { maxLength: 5 }).map((parts) => parts.join(''));
const escaped = raw.map((text) => escapeText(text));

function escapeText(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}

const comment = raw.map((text) => `<!--${text.replaceAll('-', '')}-->`);
const cdata = raw.map((text) => `<![CDATA[${text.replaceAll(']]>', '')}]]>`);
const instruction = raw.map((text) => `<?pi ${text.replaceAll('?', '')}?>`);
/** libxml2 escapes `>` in values; other writers do not. */
const value = raw.map((text) => text.replaceAll('&', '').replaceAll('<', '').replaceAll('"', ''));

const name = fc.constantFrom(
  'app:x',
  'interface',
  'devices',
  'domain',
  'uuid',
  'name',
  'metadata',
  'x:instance',
  '__proto__',
  'constructor',
);
const { node } = fc.letrec<{ node: string }>((tie) => ({
  node: fc.oneof(
    { maxDepth: 4, depthSize: 'small' },
    escaped,
    comment,
    cdata,
    instruction,
    fc
      .tuple(name, value, fc.array(tie('node'), { maxLength: 4 }))
      .map(([tag, given, inner]) =>
        inner.length === 0 ? `<${tag} a="${given}"/>` : `<${tag} a="${given}">${inner.join('')}</${tag}>`,
      ),
  ),
}));

/** Nova's own element, with some other prefix, and what an adversary could put into it. */
const novaElement = fc
  .tuple(fc.constantFrom('nova', 'n', 'ns0'), fc.constantFrom('1.0', '1.1'), fc.array(node, { maxLength: 2 }))
  .map(
    ([p, version, inner]) =>
      `<${p}:instance xmlns:${p}="http://openstack.org/xmlns/libvirt/nova/${version}">${inner.join('')}` +
      `<x:name xmlns:x="urn:x">not-this</x:name><${p}:name>web<!-- no -->-<![CDATA[7]]></${p}:name></${p}:instance>`,
  );

const stranger = fc.constantFrom(
  "<cs:instance xmlns:cs='http://cloudstack.apache.org/instance'><cs:name>cloud</cs:name></cs:instance>",
  '<instance><name>none</name></instance>',
  '<nova:instance xmlns:nova="urn:fake"><nova:name>fake</nova:name></nova:instance>',
);

const digit = fc.integer({ min: 0, max: 255 }).map((n) => n.toString(16).padStart(2, '0'));
const mac = fc.array(digit, { minLength: 3, maxLength: 3 }).map((parts) => `52:54:00:${parts.join(':')}`);

const hostileDomain: fc.Arbitrary<Known> = fc
  .record({
    uuid: fc.uuid(),
    name: fc.constantFrom('vm', '007', ' a b ', "x'y", 'é'),
    macs: fc.array(mac, { maxLength: 3 }),
    before: fc.array(fc.oneof(node, stranger), { maxLength: 4 }),
    nova: fc.option(novaElement),
    after: fc.array(fc.oneof(node, stranger), { maxLength: 3 }),
    attributes: fc.constantFrom('', ' xmlns:app="urn:x" xmlns:x="urn:i"', " xmlns='urn:default'"),
    indented: fc.boolean(),
  })
  .map(({ uuid, name: called, macs, before, nova, after, attributes, indented }) => {
    const nics = macs.map(
      (each) =>
        `    <interface type='bridge'>\n      <mac address='${each}'/>\n      <source bridge='br0'/>\n    </interface>\n`,
    );
    const metadata = `<metadata${attributes}>${before.join('')}${nova ?? ''}${after.join('')}</metadata>`;
    const xml =
      `<domain type='kvm' id='1'>\n  <name>${escapeText(called)}</name>\n  <uuid>${uuid}</uuid>\n  ${metadata}\n` +
      `  <devices>\n    <emulator>/bin/q</emulator>\n${nics.join('')}  </devices>\n</domain>\n`;
    return {
      xml: indented ? xml : xml.replaceAll(/>\n */g, '>'),
      uuid,
      name: called,
      macs,
      nova: nova === null ? null : 'web-7',
    };
  });

/** Several, each with a UUID of its own. */
export function hostileDomains(size: { minLength: number; maxLength: number }): fc.Arbitrary<Known[]> {
  return fc.uniqueArray(hostileDomain, { ...size, selector: ({ uuid }) => uuid });
}
