import { uuidOf } from './ids.ts';
import { escapeXml } from './xml_nic.ts';

export interface NovaSpec {
  readonly name: string;
  readonly flavor: string;
  readonly memoryMiB: number;
  readonly vcpus: number;
  readonly project: string;
  readonly user: string;
}

/** What Nova writes into `<metadata>` (libvirt facts, section 7.3), indented as libvirt prints it. */
export function novaMetadata({ name, flavor, memoryMiB, vcpus, project, user }: NovaSpec): string {
  return `    <nova:instance xmlns:nova="http://openstack.org/xmlns/libvirt/nova/1.1">
      <nova:package version="32.0.0"/>
      <nova:name>${escapeXml(name)}</nova:name>
      <nova:creationTime>2026-01-31 12:00:00</nova:creationTime>
      <nova:flavor name="${escapeXml(flavor)}" id="${uuidOf(`flavor/${flavor}`)}">
        <nova:memory>${memoryMiB}</nova:memory>
        <nova:disk>20</nova:disk>
        <nova:swap>0</nova:swap>
        <nova:ephemeral>0</nova:ephemeral>
        <nova:vcpus>${vcpus}</nova:vcpus>
        <nova:extraSpecs/>
      </nova:flavor>
      <nova:owner>
        <nova:user uuid="${uuidOf(`user/${user}`).replaceAll('-', '')}">${escapeXml(user)}</nova:user>
        <nova:project uuid="${uuidOf(`project/${project}`).replaceAll('-', '')}">${escapeXml(project)}</nova:project>
      </nova:owner>
      <nova:root type="image" uuid="${uuidOf('image/debian-12')}"/>
      <nova:ports>
        <nova:port uuid="${uuidOf(`port/${name}`)}">
          <nova:ip type="fixed" address="192.168.1.10" ipVersion="4"/>
        </nova:port>
      </nova:ports>
    </nova:instance>
`;
}
