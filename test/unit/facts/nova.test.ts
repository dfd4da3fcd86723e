import { describe, expect, it } from 'vitest';
import { creationFact } from '../../../src/facts/nova.ts';
import { documentElement } from '../../../src/libvirt/xml.ts';
import { parseDomainXml } from './parse.ts';

const NOVA = 'http://openstack.org/xmlns/libvirt/nova/1';
const nova = (metadata: string, attributes = '') =>
  parseDomainXml(
    `<domain><uuid>6695eb01-f6a4-8304-79aa-97f2502e193f</uuid><metadata${attributes}>${metadata}</metadata></domain>`,
  ).nova;

describe('Nova’s metadata', () => {
  it.each([
    ['before Wallaby', `<nova:instance xmlns:nova="${NOVA}.0"><nova:name>n</nova:name></nova:instance>`, ''],
    ['since Wallaby', `<nova:instance xmlns:nova="${NOVA}.1"><nova:name>n</nova:name></nova:instance>`, ''],
    ['another prefix', `<a:instance xmlns:a="${NOVA}.1"><a:name>n</a:name></a:instance>`, ''],
    ['no prefix', `<instance xmlns="${NOVA}.1"><name>n</name></instance>`, ''],
    ['a prefix from outside', `<a:instance><a:name>n</a:name></a:instance>`, ` xmlns:a="${NOVA}.1"`],
    [
      'a prefix that means something else further in',
      `<a:instance xmlns:a="${NOVA}.1"><a:name xmlns:a="urn:x">no</a:name><a:name>n</a:name></a:instance>`,
      '',
    ],
    [
      'others before it',
      `<x:instance xmlns:x="urn:x"><x:name>x</x:name></x:instance><a:instance xmlns:a="${NOVA}.0"><a:name>n</a:name></a:instance>`,
      '',
    ],
  ])('is found: %s', (_what, metadata, attributes) => {
    expect(nova(metadata, attributes)?.name).toBe('n');
  });

  it.each([
    [
      'CloudStack’s',
      '<cs:instance xmlns:cs="http://cloudstack.apache.org/instance"><cs:name>n</cs:name></cs:instance>',
    ],
    ['Nova’s prefix alone', '<nova:instance xmlns:nova="urn:x"><nova:name>n</nova:name></nova:instance>'],
    ['no namespace', '<instance><name>n</name></instance>'],
    ['an unknown version', `<nova:instance xmlns:nova="${NOVA}.2"/>`],
    ['one further in', `<x:y xmlns:x="urn:x"><nova:instance xmlns:nova="${NOVA}.1"/></x:y>`],
  ])('is not: %s', (_what, metadata) => {
    expect(nova(metadata)).toBeNull();
  });

  it('has flavor, project and user', () => {
    expect(
      nova(`<n:instance xmlns:n="${NOVA}.1"><n:name>
 web-7 </n:name><n:flavor name="m1"/><n:owner><n:user uuid="u">alice</n:user><n:project uuid="p">shop</n:project></n:owner></n:instance>`),
    ).toEqual({
      name: 'web-7',
      flavor: 'm1',
      project: { name: 'shop', uuid: 'p' },
      user: { name: 'alice', uuid: 'u' },
    });
  });
});

describe('when a description was made', () => {
  const created = (metadata: string) =>
    creationFact.parse(documentElement(`<domain><metadata>${metadata}</metadata></domain>`, 'domain'));
  const time = (own: string) => `<n:instance xmlns:n="${NOVA}.1">${own}</n:instance>`;

  it('is as Nova wrote it, and never longer than a time', () => {
    expect(created(time('<n:creationTime>2026-01-31 12:00:00</n:creationTime>'))).toBe('2026-01-31 12:00:00');
    expect(created(time(`<n:creationTime>${'9'.repeat(5000)}</n:creationTime>`))).toHaveLength(40);
  });

  it.each([
    ['no metadata of Nova', ''],
    ['Nova’s without a time', time('<n:name>n</n:name>')],
    ['another one’s time', '<x:instance xmlns:x="urn:x"><x:creationTime>2026</x:creationTime></x:instance>'],
  ])('is not told: %s', (_, metadata) => {
    expect(created(metadata)).toBeNull();
  });
});
