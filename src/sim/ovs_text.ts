import { isOvsPort } from './bandwidth.ts';
import type { SimDomain, SimHost } from './model.ts';

/** What OVS of libvirt/kernel_script.ts prints of these domains: tables of ovs-vsctl 3.1, a line each. */
export function describeOvs(host: SimHost, marker: string, domains: readonly SimDomain[]): string {
  const nics = domains.flatMap(({ uuid, live }) => (live ?? []).map((nic) => ({ nic, uuid })));
  if (nics.length === 0) return `${marker}:k:ovs\nok\n`;
  const ports = nics
    .filter(({ nic }) => isOvsPort(nic))
    .map(({ nic: { target }, uuid }, index) => ({ target, uuid, index, row: host.ovsdb.get(target) }));
  const withQos = ports.filter(({ row }) => row != null && row.qos !== null);
  const id = (what: string, index: number) => ['uuid', `${what}${String(index).padStart(35, '0')}`];
  const config = (row: (typeof ports)[number]['row']) => [
    'map',
    Object.entries(row?.qos ?? {}).map(([key, value]) => [key, String(value)]),
  ];
  const tables = [
    {
      data: ports.map(({ target, row }) => [target, row?.policingRate ?? 0, row?.policingBurst ?? 0]),
      headings: ['name', 'ingress_policing_rate', 'ingress_policing_burst'],
    },
    {
      data: ports.map(({ target, row, index }) => [target, row?.qos ? id('a', index) : ['set', []]]),
      headings: ['name', 'qos'],
    },
    {
      data: withQos.map(({ target, uuid, row, index }) => [
        id('a', index),
        'linux-htb',
        config(row),
        ['map', [[0, id('b', index)]]],
        [
          'map',
          [
            ['ifname', target],
            ['vm-id', uuid],
          ],
        ],
      ]),
      headings: ['_uuid', 'type', 'other_config', 'queues', 'external_ids'],
    },
    {
      data: withQos.map(({ row, index }) => [id('b', index), config(row)]),
      headings: ['_uuid', 'other_config'],
    },
  ];
  return `${marker}:k:ovs\nok\n${tables.map((table) => `${JSON.stringify(table)}\n`).join('')}`;
}
