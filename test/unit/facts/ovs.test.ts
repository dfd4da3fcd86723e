import { describe, expect, it } from 'vitest';
import { parseOvs } from '../../../src/facts/ovs.ts';

/** As ovs-vsctl 3.1.0 printed it of a port that libvirt 9.0.0 had limited. */
const RECORDED = `ok
{"data":[["vnet5",24000,4800]],"headings":["name","ingress_policing_rate","ingress_policing_burst"]}
{"data":[["vnet5",["uuid","2599b026-4fa5-48b0-921f-6e79d567fd0b"]]],"headings":["name","qos"]}
{"data":[[["uuid","2599b026-4fa5-48b0-921f-6e79d567fd0b"],"linux-htb",["map",[["burst","4096000"],["max-rate","16000000"],["min-rate","8000000"]]],["map",[[0,["uuid","18bbd4f2-1843-48bb-b69d-d907db27a884"]]]],["map",[["ifname","vnet5"],["vm-id","0c01afaa-ba01-4a2d-8308-51b2493e7069"]]]]],"headings":["_uuid","type","other_config","queues","external_ids"]}
{"data":[[["uuid","18bbd4f2-1843-48bb-b69d-d907db27a884"],["map",[["burst","4096000"],["max-rate","16000000"],["min-rate","8000000"]]]]],"headings":["_uuid","other_config"]}
`;

describe("what Open vSwitch's database says of ports", () => {
  it('their policing, and their queue', () => {
    const numbers = new Map([
      ['burst', 4_096_000],
      ['max-rate', 16_000_000],
      ['min-rate', 8_000_000],
    ]);
    const qos = {
      type: 'linux-htb',
      vm: '0c01afaa-ba01-4a2d-8308-51b2493e7069',
      queue: numbers,
      own: numbers,
    };
    expect(parseOvs(RECORDED)).toEqual({
      ports: new Map([['vnet5', { policing: { rate: 24_000, burst: 4800 }, qos }]]),
    });
  });

  it('a port without limits has none', () => {
    const bare = RECORDED.replace('24000,4800', '0,0').replace(
      '["uuid","2599b026-4fa5-48b0-921f-6e79d567fd0b"]]],"headings":["name"',
      '["set",[]]]],"headings":["name"',
    );
    expect(parseOvs(bare)).toEqual({
      ports: new Map([['vnet5', { policing: { rate: 0, burst: 0 }, qos: null }]]),
    });
    expect(parseOvs('ok\n')).toEqual({ ports: new Map() });
  });

  it.each<[string | null, RegExp]>([
    [null, /another host/],
    ['absent\n', /^ovs-vsctl was not found/],
    ['failed\novs-vsctl: db.sock: database connection failed (Permission denied)\n', /Permission denied/],
    ['', /did not answer/],
    ['ok\n{"data":[', /cannot be made out/],
    ['ok\nnull\nnull\nnull\nnull\n', /cannot be made out/],
    [RECORDED.split('\n').slice(0, 3).join('\n'), /cannot be made out/],
  ])('not known: %j', (said, why) => {
    expect(parseOvs(said).unknown).toMatch(why);
  });
});
