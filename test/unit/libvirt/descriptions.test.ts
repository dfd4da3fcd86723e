import { expect, it } from 'vitest';
import { parseDescriptions } from '../../../src/libvirt/descriptions.ts';
import { child, text } from '../../../src/libvirt/xml.ts';

const A = '6695eb01-f6a4-8304-79aa-97f2502e193f';
const B = '11111111-f6a4-8304-79aa-97f2502e193f';
const domain = (uuid: string, name = 'x') => `<domain><name>${name}</name><uuid>${uuid}</uuid></domain>\n`;
const section = (name: string, body: string) => ({ name, body });

const read = (...sections: { name: string; body: string }[]) => {
  const { domains, networks, failures } = parseDescriptions(sections);
  return {
    domains: domains.map(({ uuid, live, config }) => [
      uuid,
      ...[live, config].map((one) => text(child(one, 'name'))),
    ]),
    networks: networks.map((network) => text(child(network, 'name'))),
    failures: [...failures.keys()],
  };
};

it('networks are known by their UUIDs or their names', () => {
  const net = (name: string) => `<network><name>${name}</name></network>\n`;
  const sections = [section('n:lab.net_1-a', net('a')), section(`n:${A}`, net('b')), section('n:gone', '\n')];
  expect(read(...sections).networks).toEqual(['a', 'b']);
});

it('the later description counts, and whether there is one', () => {
  const [live, config] = [`l:${A}`, `c:${A}`];
  const first = [section(live, domain(B)), section(config, domain(A))];
  expect(read(...first)).toEqual({ domains: [], networks: [], failures: [A] });
  expect(read(...first, section(live, domain(A, 'y')), section(config, domain(A, 'z'))).domains).toEqual([
    [A, 'y', 'z'],
  ]);
  expect(read(...first, section(live, ''), section(config, '\n'))).toEqual({
    domains: [],
    networks: [],
    failures: [],
  });
  const whole = [section(live, domain(A)), section(config, domain(A))];
  expect(read(...whole, section(live, '\n'), section(config, domain(A))).domains).toEqual([]);
  expect(read(...whole, section(live, domain(A)), section(config, '<domain>')).failures).toEqual([A]);
});
