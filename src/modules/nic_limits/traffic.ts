import { kernelFactOf } from '../../facts/fact.ts';
import { trafficFact } from '../../facts/tc.ts';
import type { Flow, TrafficCapability } from '../module.ts';
import { findNics } from './find.ts';
import { speedsOf } from './in_force.ts';
import { nicText } from './text.ts';

/** What passes at the limits of NICs, by the counters of their queues and policers. */
export const nicTraffic: TrafficCapability = {
  facts: [trafficFact],
  read: (facts) => {
    const tc = kernelFactOf(facts, trafficFact);
    if (tc === null) return { unknown: 'nobody has asked' };
    if (tc.unknown !== undefined) return tc;
    const flows = findNics(facts).flatMap(({ nic, domain, subject }) =>
      speedsOf(nic, tc).flatMap(([direction, speed]): Flow[] => {
        if (speed.counters === undefined) return [];
        const { bytes, packets, dropped } = speed.counters;
        // A policer counts what it drops among what it has seen; a queue only what has left it.
        const isPolicer = !('ceil' in speed);
        const lost = isPolicer && packets > 0 ? (bytes * dropped) / packets : 0;
        const title = nicText.columns[direction === 'inbound' ? 0 : 1] ?? direction;
        const counted = { passed: bytes - lost, packets: isPolicer ? packets - dropped : packets, dropped };
        return [{ domain, subject, title, limit: speed.rate.bits / 8, ...counted }];
      }),
    );
    return { at: tc.at, flows };
  },
};
