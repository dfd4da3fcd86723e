import type { FakeFleet } from './fake_cloud.ts';

/** The UUID of a server, or of anything else that is counted. */
export function idOf(kind: number, index: number): string {
  return `${kind.toString(16).padStart(8, '0')}-0000-4000-8000-${index.toString(16).padStart(12, '0')}`;
}

export function macOf(port: number): string {
  const hex = port.toString(16).padStart(6, '0');
  return `fa:16:3e:${hex.slice(0, 2)}:${hex.slice(2, 4)}:${hex.slice(4, 6)}`;
}

const LIMITED = {
  ...{
    'quota:vif_inbound_average': '1280',
    'quota:vif_inbound_peak': '2560',
    'quota:vif_inbound_burst': '1280',
  },
  ...{
    'quota:vif_outbound_average': '640',
    'quota:vif_outbound_peak': '1280',
    'quota:vif_outbound_burst': '640',
  },
};

/** A cloud of so many servers with two ports each, evenly on its hosts: as large a one as a test wants. */
export function fleetOf(servers: number, hosts: number): FakeFleet {
  const host = (index: number) => `cmp-${String((index % hosts) + 1).padStart(3, '0')}`;
  const names = Array.from({ length: hosts }, (_, index) => host(index));
  return {
    hypervisors: names.map((name, index) => ({
      ...{ id: idOf(1, index), hypervisor_hostname: `${name}.example.net`, hypervisor_type: 'QEMU' },
      ...{ host_ip: `10.1.${index >> 8}.${index & 255}`, state: 'up', status: 'enabled' },
      service: { id: idOf(2, index), host: name, disabled_reason: null },
    })),
    services: names.map((name, index) => ({ host: name, zone: `az${(index % 3) + 1}`, state: 'up' })),
    aggregates: [{ name: 'ssd', hosts: names.filter((_, index) => index % 2 === 0), metadata: {} }],
    projects: Array.from({ length: 50 }, (_, index) => ({ id: idOf(3, index), name: `project-${index}` })),
    networks: [
      { id: idOf(4, 0), name: 'net1' },
      { id: idOf(4, 1), name: 'net2' },
    ],
    flavors: [{ id: '1', name: 'limited', extra_specs: LIMITED }],
    policies: [],
    agents: [],
    servers: {
      count: servers,
      at: (index) => ({
        ...{ id: idOf(5, index), name: `web-${index}`, status: 'ACTIVE', tenant_id: idOf(3, index % 50) },
        ...{
          user_id: idOf(6, 0),
          locked: false,
          locked_reason: null,
          tags: ['blue'],
          metadata: { tier: 'gold' },
        },
        flavor: { original_name: 'limited', vcpus: 1, ram: 64, disk: 1, extra_specs: LIMITED },
        ...{ 'OS-EXT-SRV-ATTR:host': host(index), 'OS-EXT-SRV-ATTR:instance_name': `instance-${index}` },
        ...{ 'OS-EXT-STS:vm_state': 'active', 'OS-EXT-STS:task_state': null, 'OS-EXT-STS:power_state': 1 },
        ...{
          host_status: 'UP',
          created: '2026-11-25T17:41:30Z',
          updated: '2026-11-25T17:41:30Z',
          key_name: null,
        },
        addresses: {
          net1: [{ addr: '192.168.1.25', version: 4, 'OS-EXT-IPS-MAC:mac_addr': macOf(2 * index) }],
          net2: [{ addr: '192.168.2.25', version: 4, 'OS-EXT-IPS-MAC:mac_addr': macOf(2 * index + 1) }],
        },
        links: [{ rel: 'self', href: `http://inside.invalid/v2.1/servers/${idOf(5, index)}` }],
      }),
    },
    ports: {
      count: 2 * servers,
      at: (index) => ({
        ...{ id: idOf(7, index), name: '', device_id: idOf(5, index >> 1), device_owner: 'compute:az1' },
        ...{ mac_address: macOf(index), network_id: idOf(4, index % 2) },
        fixed_ips: [{ subnet_id: idOf(8, index % 2), ip_address: `192.168.${(index % 2) + 1}.25` }],
        ...{ qos_policy_id: null, qos_network_policy_id: null },
      }),
    },
  };
}
