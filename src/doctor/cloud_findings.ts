import { type Finding, finding } from './finding.ts';

/**
 * Who else limits NICs on a host of a cloud: Neutron's agent with its extension `qos` sets and takes away the queues of the
 * very taps that libvirt shapes (neutron/agent/l2/extensions/qos.py: a port without a policy is reset).
 * @param openstack the variable of a host of an OpenStack inventory; of others undefined
 */
export function cloudFindings(openstack: unknown): readonly Finding[] {
  if (typeof openstack !== 'object' || openstack === null || !('qos_agent' in openstack)) return [];
  const agent = String(openstack.qos_agent);
  const what = agent.includes('linuxbridge')
    ? "takes libvirt's limits from the kernel after each start of a VM and of the agent"
    : "may take libvirt's outbound limits from the kernel when a VM starts";
  return [
    finding(
      'neutron',
      'warning',
      `${agent} runs with the extension qos, which ${what}; libvirt goes on describing them`,
      'let it limit (enforce_with: neutron), or leave qos out of its [agent] extensions, or see such NICs with verify: kernel and set them again (docs/openstack.md)',
    ),
  ];
}
