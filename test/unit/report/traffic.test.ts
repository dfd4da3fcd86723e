import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv } from 'ajv';
import { describe, expect, it } from 'vitest';
import { networksFact } from '../../../src/facts/networks.ts';
import { nicsFact } from '../../../src/facts/nics.ts';
import { parseTc } from '../../../src/facts/tc.ts';
import { nicTraffic } from '../../../src/modules/nic_limits/traffic.ts';
import { pacesOf, trafficLines } from '../../../src/report/traffic.ts';
import { type HostTraffic, trafficJson } from '../../../src/report/traffic_json.ts';
import { recorded } from '../facts/tc_recorded.ts';
import { described } from '../modules/of_module.ts';

const nic = (mac: string, target: string, type: string, more = '') =>
  `<interface type='${type}'><mac address='52:54:00:cc:00:${mac}'/><source bridge='br0'/>${more}<target dev='${target}'/></interface>`;
const OVS = "<virtualport type='openvswitch'/>";
const vm = described(
  [nicsFact],
  `<devices>${nic('01', 'vnet4', 'bridge')}${nic('02', 'vnet5', 'bridge', OVS)}${nic('03', 'macvtap0', 'direct')}</devices>`,
);

/** What the recorded queues would show at that time, after so many packets of 1000 bytes at the first NIC. */
const at = (seconds: number, { sent = 0, policed = 0, dropped = 0 } = {}) => {
  const text = recorded('counters')
    .replace('Sent 420 bytes 6 pkt', `Sent ${420 + sent * 1000} bytes ${6 + sent} pkt`)
    .replace(
      'Sent 0 bytes 0 pkts (dropped 0,',
      `Sent ${policed * 1000} bytes ${policed} pkts (dropped ${dropped},`,
    );
  const tc = parseTc(text.replace(/^link/m, `at ${seconds}\nlink`));
  const read = nicTraffic.read({ domains: [vm], unreadable: [], parts: { [networksFact.name]: [], tc } });
  if ('unknown' in read) throw new Error(read.unknown);
  return read;
};
const plain = (_: unknown, text: string) => text;

describe('what passes at limits', () => {
  it('is told for each direction, what is at its limit first', () => {
    // 1000 kB/s may be received, 3000 kB/s sent.
    const paces = pacesOf(at(100), at(110, { sent: 9900, policed: 40_000, dropped: 10_000 }));
    expect(
      paces.slice(0, 2).map(({ now, share, dropped, atLimit }) => [now, share, dropped, atLimit]),
    ).toEqual([
      [990_000, 0.99, 0, true],
      [3_000_000, 1, 1000, true],
    ]);
    expect(trafficLines('hv01', paces, plain)).toEqual([
      'hv01',
      '  VM      what   which     now          limit      of it  dropped',
      '  web-01  nic 1  sends     24 Mbit/s    24 Mbit/s  100 %  1000/s (25 %)',
      '  web-01  nic 1  receives  7.92 Mbit/s  8 Mbit/s   99 %   -',
      '  web-01  nic 2  receives  0 kbit/s     8 Mbit/s   0 %    -',
      '  web-01  nic 2  sends     0 kbit/s     24 Mbit/s  0 %    -',
      '  web-01  nic 3  sends     0 kbit/s     24 Mbit/s  0 %    -',
      '  web-01  nic 3  receives  0 kbit/s     8 Mbit/s   0 %    -',
      '  2 limits of 6 reached',
      '',
    ]);
  });

  it('is not known of a limit that was set anew between the two looks, nor without a clock', () => {
    const paces = pacesOf(at(100, { sent: 50 }), at(110, { sent: 10 }));
    expect(paces).toHaveLength(5);
    expect(pacesOf(at(100), at(100))).toEqual([]);
    expect(trafficLines('hv01', [], plain)).toEqual(['hv01', '  nothing there that is limited', '']);
  });

  it('is told to programs with the share of packets that is dropped', () => {
    const paces = pacesOf(at(100), at(110, { sent: 9900, policed: 40_000, dropped: 10_000 }));
    const hosts: readonly HostTraffic[] = [
      { name: 'hv01', notes: [], paces },
      { name: 'hv02', notes: [], paces: [], error: 'no route', status: 'unreachable' },
    ];
    const told = JSON.parse(trafficJson(hosts, 10, 4));
    const check = new Ajv({ strict: true }).compile(
      JSON.parse(readFileSync(join(import.meta.dirname, '../../../src/report/traffic.schema.json'), 'utf8')),
    );
    expect(check(told), JSON.stringify(check.errors)).toBe(true);
    expect(told.hosts[0].limits[1]).toMatchObject({
      domain: { name: 'web-01' },
      direction: 'sends',
      bytesPerSecond: 3_000_000,
      limitBytesPerSecond: 3_000_000,
      share: 1,
      droppedPerSecond: 1000,
      droppedShare: 0.25,
      atLimit: true,
    });
  });
});
