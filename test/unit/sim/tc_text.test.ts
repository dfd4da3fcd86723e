import { describe, expect, it } from 'vitest';
import type { Rate } from '../../../src/facts/bandwidth.ts';
import { NO_TC, type SimLiveNic, type SimTc, simHost } from '../../../src/sim/model.ts';
import { describeTc } from '../../../src/sim/tc_text.ts';
import { recorded } from '../facts/tc_recorded.ts';

const limit = (average: number, peak: number, burst: number): Rate => ({ average, peak, burst, floor: 0 });
const [IN, OUT] = [limit(1000, 2000, 500), limit(3000, 4000, 600)];
const set = (shaper: Rate, policer: Rate): SimTc => ({
  root: 'htb',
  shaper,
  leaf: true,
  ingress: true,
  policer,
});

/** What tells nothing of limits: numbers of actions, lengths of queues, and what a default queue has. */
const normal = (text: string) =>
  text
    .replaceAll(/police 0x\d+/g, 'police 0x1')
    .replaceAll(/direct_qlen \d+/g, 'direct_qlen 1000')
    .replaceAll(/(root refcnt 2 ).*/g, '$1')
    .replaceAll(/(noqueue|cake|fq_codel|pfifo_fast) \w+: dev/g, '$1 N: dev')
    .replaceAll('fq_codel', 'pfifo_fast')
    .replaceAll(/ +$/gm, '');

describe('what tc shows on a simulated host is what Debian’s showed', () => {
  const shown = (nic: Partial<SimLiveNic>, ovs = false) => {
    const host = simHost('hv');
    if (ovs)
      host.ovsdb.set('vnet5', {
        qos: { 'min-rate': 8e6, 'max-rate': 16e6, burst: 4_096_000 },
        policingRate: 24_000,
        policingBurst: 4800,
      });
    const whole = {
      mac: '52:54:00:cc:00:01',
      type: 'bridge',
      virtualport: '',
      actual: null,
      target: 'vnet4',
      tc: NO_TC,
      ...nic,
    };
    return describeTc(host, 'vt', [{ live: [whole as SimLiveNic] } as never]).replace('vt:k:tc\n', '');
  };

  it.each<[string, Partial<SimLiveNic>]>([
    ['rates 12345 4321', { tc: set(limit(12_345, 12_345, 4321), limit(12_345, 0, 4321)) }],
    ['rates 12500 12501', { tc: set(limit(12_500, 12_500, 12_501), limit(12_500, 0, 12_501)) }],
    ['rates 10240 4194303', { tc: set(limit(10_240, 0, 4_194_303), limit(10_240, 0, 4_194_303)) }],
    ['root-deleted', { tc: { ...set(IN, OUT), root: 'pfifo_fast', shaper: null, leaf: false } }],
    ['ingress-deleted', { tc: { ...set(IN, OUT), ingress: false, policer: null } }],
    ['half', { tc: { root: 'htb', shaper: null, leaf: false, ingress: true, policer: null } }],
    ['cleared', {}],
    ['foreign-root', { tc: { ...NO_TC, root: 'cake' } }],
    ['macvtap', { tc: set(OUT, IN), type: 'direct', target: 'macvtap0', mac: '52:54:00:cc:00:03' }],
  ])('%s', (name, nic) => {
    const bursts = (text: string) => text.replaceAll(/ cburst \S+/g, '');
    expect(bursts(normal(shown(nic)))).toBe(bursts(normal(recorded(name))));
  });

  it('ovs', () => {
    const nic = { virtualport: 'openvswitch', target: 'vnet5', mac: '52:54:00:cc:00:02' } as const;
    expect(normal(shown(nic, true))).toBe(normal(recorded('ovs')));
  });

  it('nothing of what is in another network namespace, or without tc', () => {
    const host = simHost('hv');
    host.knobs.tc = 'elsewhere';
    expect(describeTc(host, 'vt', [])).toBe('vt:k:tc\nok\n');
    host.knobs.tc = 'absent';
    expect(describeTc(host, 'vt', [])).toBe('vt:k:tc\nabsent\n');
  });
});
