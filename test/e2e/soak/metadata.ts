import type { Draw } from './draw.ts';

/** What others put into a VM's metadata: Nova's own part, and parts that a careless reader takes for something else. */

export function nova(draw: Draw, version: '1.0' | '1.1'): string {
  const [flavor, project, user] = [
    draw.pick(['m1.small', 'db.large', 'gpu [a100]']),
    draw.pick(['shop', 'bücher']),
    draw.pick(['alice', 'bob']),
  ];
  const prefix = draw.pick(['nova', 'x']);
  const text = `<nova:instance xmlns:nova='http://openstack.org/xmlns/libvirt/nova/${version}'>
      <nova:package version='32.0.0'/>
      <nova:name>${draw.pick(['shop-web', 'shop db', 'x'])}</nova:name>
      <nova:flavor name='${flavor}'><nova:memory>2048</nova:memory></nova:flavor>
      <nova:owner>
        <nova:user uuid='aaaaaaaa00000000000000000000000${user.length}'>${user}</nova:user>
        <nova:project uuid='bbbbbbbb00000000000000000000000${project.length}'>${project}</nova:project>
      </nova:owner>
    </nova:instance>`;
  return text.replaceAll('nova:', `${prefix}:`).replace(`xmlns:nova=`, `xmlns:${prefix}=`);
}

const MISLEADING: readonly ((mac: string) => string)[] = [
  // The end of the metadata and other NICs, all of it a comment.
  (mac) => `<app:x xmlns:app='urn:x'><!--
  </metadata>
  <devices>
    <interface type='bridge'>
      <mac address='${mac}'/>
      <source bridge='br0'/>
      <bandwidth>
        <inbound average='10000' peak='10000' burst='10000'/>
      </bandwidth>
    </interface>
  </devices>
</domain>
--></app:x>`,
  (mac) => `<tf:user_data xmlns:tf='http://example.org/user-data/'><![CDATA[<domain type='kvm'>
  <name>web-01</name>
  <metadata>
  </metadata>
  <devices>
    <interface type='bridge'>
      <mac address='${mac}'/>
      <source bridge='br9'/>
      <bandwidth><inbound average='1'/></bandwidth>
    </interface>
  </devices>
</domain>]]></tf:user_data>`,
  (mac) =>
    `<s:off xmlns:s='http://example.org/off'><interface type='bridge'><mac address='${mac}'/><source bridge='br0'/><bandwidth><inbound average='1'/></bandwidth></interface></s:off>`,
  () =>
    `<c:instance xmlns:c='http://cloudstack.apache.org/instance'><c:name>shop-web</c:name><c:flavor name='m1.small'/></c:instance>`,
];

/** Options of the lab's `guest` command. @param known what the VM is to be known by to Nova; '' for nothing */
export function metadata(draw: Draw, known: string): string[] {
  const mac = draw.pick(['52:54:00:5a:01:01', '52:54:00:de:ad:01']);
  const others = draw.chance(0.4) ? draw.some(MISLEADING, 3).map((make) => make(mac)) : [];
  const parts = draw.chance(0.5) ? [...others, known] : [known, ...others];
  return parts.join('') === '' ? [] : ['--metadata-xml', parts.join('\n    ')];
}
