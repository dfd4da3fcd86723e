import type { Rate } from '../facts/bandwidth.ts';
import { acquireJob, queryFlags } from './affects.ts';
import type { Call, CommandDef } from './command.ts';
import { exclusive, findDomain, flag, refusal, required, value } from './command.ts';
import type { SimDomain } from './model.ts';
import { findNic } from './nic_lookup.ts';
import { parseRateString } from './rate_string.ts';
import { setBandwidth } from './set_bandwidth.ts';

/** `virsh domiftune`: cmdDomIftune of virsh 9.0.0 (libvirt facts, section 1). */
export const DOMIFTUNE: CommandDef = {
  name: 'domiftune',
  options: [
    { name: 'domain', kind: 'text', required: true },
    { name: 'interface', kind: 'text', required: true },
    { name: 'inbound', kind: 'text' },
    { name: 'outbound', kind: 'text' },
    { name: 'config', kind: 'flag' },
    { name: 'live', kind: 'flag' },
    { name: 'current', kind: 'flag' },
  ],
  run: domiftune,
};

async function domiftune(call: Call): Promise<boolean> {
  if (exclusive(call, 'current', 'live') || exclusive(call, 'current', 'config')) return false;
  const domain = findDomain(call);
  if (domain === null) return false;
  const device = required(call, 'interface');
  if (device === null) return false;
  const inboundText = value(call, 'inbound');
  if (typeof inboundText === 'object') return false;
  const outboundText = value(call, 'outbound');
  if (typeof outboundText === 'object') return false;

  const change: { inbound?: Rate; outbound?: Rate } = {};
  for (const [direction, text] of [
    ['inbound', inboundText],
    ['outbound', outboundText],
  ] as const) {
    if (text === undefined) continue;
    const rate = parseRateString(text, direction);
    if ('error' in rate) {
      call.error(rate.error);
      return false;
    }
    change[direction] = rate;
  }
  if (change.inbound === undefined && change.outbound === undefined) return query(call, domain, device);

  const flags = { live: flag(call, 'live'), config: flag(call, 'config') };
  const error =
    refusal(call, 'virDomainSetInterfaceParameters') ??
    (await acquireJob(call, domain)) ??
    setBandwidth(call.host, domain, device, change, flags);
  if (error === null) return true;
  call.error('Unable to set interface parameters', error);
  return false;
}

/** Shows the NIC's own setting, never the inherited one (section 1.8). */
function query(call: Call, domain: SimDomain, device: string): boolean {
  const affects = queryFlags(call, domain);
  if ('error' in affects) {
    call.error('Unable to get number of interface parameters', affects.error);
    return false;
  }
  const nic = findNic((affects.live ? domain.live : domain.config) ?? [], device);
  if (nic === undefined) {
    call.error(
      'Unable to get interface parameters',
      `invalid argument: '${device}' is not a known interface`,
    );
    return false;
  }
  const lines = [
    ...(['average', 'peak', 'burst', 'floor'] as const).map((key) => ['inbound', key] as const),
    ...(['average', 'peak', 'burst'] as const).map((key) => ['outbound', key] as const),
  ];
  for (const [direction, key] of lines) {
    const number = nic.bandwidth?.[direction]?.[key] ?? 0;
    // The API's type is an unsigned int: what the XML has beyond that is cut off.
    call.print(`${`${direction}.${key}`.padEnd(15)}: ${number % 4_294_967_296}\n`);
  }
  return true;
}
