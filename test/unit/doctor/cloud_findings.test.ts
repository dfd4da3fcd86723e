import { describe, expect, it } from 'vitest';
import { cloudFindings } from '../../../src/doctor/cloud_findings.ts';
import { type HostDiagnosis, ok, withFindings } from '../../../src/doctor/finding.ts';

describe('an agent of Neutron’s that limits, too', () => {
  it.each([
    [
      'neutron-linuxbridge-agent',
      /^neutron-linuxbridge-agent runs .* takes libvirt's limits from the kernel after each start/,
    ],
    ['neutron-openvswitch-agent', /^neutron-openvswitch-agent runs .* may take libvirt's outbound limits/],
  ])('%s is a warning', (qos_agent, text) => {
    expect(cloudFindings({ name: 'a', qos_agent })).toMatchObject([
      { check: 'neutron', status: 'warning', text: expect.stringMatching(text) },
    ]);
  });

  it('is said of no other host, and of none that was not reached', () => {
    for (const openstack of [undefined, null, 'x', { name: 'a' }])
      expect(cloudFindings(openstack)).toEqual([]);
    const host: HostDiagnosis = {
      name: 'a',
      address: 'a',
      status: 'ok',
      durationMs: 1,
      findings: [ok('tc', 'x')],
    };
    const more = cloudFindings({ qos_agent: 'neutron-linuxbridge-agent' });
    expect(withFindings(host, more)).toMatchObject({ status: 'warning', findings: { length: 2 } });
    expect(withFindings({ ...host, status: 'unreachable' }, more).findings).toHaveLength(1);
    expect(withFindings(host, [])).toBe(host);
  });
});
