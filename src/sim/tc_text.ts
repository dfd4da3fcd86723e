import { burstShown } from '../facts/tc_numbers.ts';
import { actualType, isOvsPort } from './bandwidth.ts';
import { NO_TC, type SimDomain, type SimHost, type SimLiveNic } from './model.ts';

/** What libvirt/kernel_script.ts prints of these domains, as tc 6.1 has it; a test holds it to what was recorded. */
export function describeTc(host: SimHost, marker: string, domains: readonly SimDomain[]): string {
  if (host.knobs.tc === 'absent') return `${marker}:k:tc\nabsent\n`;
  const nics = domains.flatMap(({ live }) => live ?? []).filter(({ target }) => target !== '');
  const shown = host.knobs.tc === 'elsewhere' ? [] : nics;
  const devices = shown.map((nic) => deviceText(host, nic));
  return [
    `${marker}:k:tc\nok\n`,
    ...devices.map(({ qdiscs }) => qdiscs),
    ...shown.map((nic) => `link ${nic.target} ${deviceMac(nic)}\n`),
    ...devices.map(({ rest }) => rest),
  ].join('');
}

/** libvirt gives a tap the guest's MAC with another first byte; a macvtap has the guest's own. */
function deviceMac(nic: SimLiveNic): string {
  return actualType(nic) === 'direct' ? nic.mac : `fe${nic.mac.slice(2)}`;
}

interface DeviceText {
  readonly qdiscs: string;
  readonly rest: string;
}

function deviceText(host: SimHost, nic: SimLiveNic): DeviceText {
  const { target: dev } = nic;
  const label = `Object "@${dev}" is unknown, try "tc help".\n`;
  if (isOvsPort(nic)) return ovsText(host, dev, label);
  const { root, shaper, leaf, ingress, policer } = host.knobs.tc === 'idle' ? NO_TC : nic.tc;
  const qdiscs = [
    root === 'htb'
      ? HTB(dev)
      : `qdisc ${root} ${root === 'cake' ? '8001:' : '0:'} dev ${dev} root refcnt 2 \n`,
  ];
  const rest: string[] = [];
  if (leaf)
    qdiscs.push(
      `qdisc sfq 2: dev ${dev} parent 1:1 limit 127p quantum 1514b depth 127 divisor 1024 perturb 10sec \n`,
    );
  if (root === 'htb') {
    rest.push(label);
    if (shaper !== null) {
      const { average, peak, burst } = shaper;
      const rates = `rate ${rate(average)} ceil ${rate(peak || average)} burst ${size(average, burst)}`;
      rest.push(`class htb 1:1 root ${leaf ? 'leaf 2: ' : ''}prio 0 ${rates} cburst 1600b \n`);
    }
  }
  if (ingress) {
    qdiscs.push(INGRESS(dev));
    rest.push(label);
    if (policer !== null) {
      const filter = 'filter parent ffff: protocol all pref 49152 u32 chain 0 ';
      const { average, burst } = policer;
      const bucket = burst || Math.min(average, 4_194_303);
      rest.push(`${filter}\n${filter}fh 800: ht divisor 1 \n`);
      rest.push(
        `${filter}fh 800::800 order 2048 key ht 800 bkt 0 *flowid :1 not_in_hw \n  match 00000000/00000000 at 0\n`,
      );
      rest.push(
        ` police 0x1 rate ${rate(average)} burst ${size(average, bucket)} mtu 64Kb action drop overhead 0b \n`,
      );
    }
  }
  return { qdiscs: qdiscs.join(''), rest: rest.join('') };
}

const HTB = (dev: string) =>
  `qdisc htb 1: dev ${dev} root refcnt 2 r2q 10 default 0x1 direct_packets_stat 0 direct_qlen 1000\n`;
const INGRESS = (dev: string) => `qdisc ingress ffff: dev ${dev} parent ffff:fff1 ---------------- \n`;

/** What Open vSwitch makes of its rows. */
function ovsText(host: SimHost, dev: string, label: string): DeviceText {
  const row = host.ovsdb.get(dev);
  const { qos = null, policingRate = 0, policingBurst = 0 } = row ?? {};
  const qdiscs: string[] = [];
  const rest: string[] = [];
  if (qos !== null) {
    const least = (qos['min-rate'] ?? 0) / 8000;
    const most = (qos['max-rate'] ?? 10_000_000_000) / 8000;
    const burst = size(least, (qos.burst ?? 12_000) / 8192);
    qdiscs.push(HTB(dev));
    rest.push(label);
    rest.push(
      `class htb 1:1 parent 1:fffe prio 0 rate ${rate(least)} ceil ${rate(most)} burst ${burst} cburst ${burst} \n`,
    );
    rest.push(`class htb 1:fffe root rate ${rate(most)} ceil ${rate(most)} burst 1498b cburst 1498b \n`);
  } else qdiscs.push(`qdisc noqueue 0: dev ${dev} root refcnt 2 \n`);
  if (policingRate > 0) {
    const filter = 'filter protocol all pref 1 matchall chain 0 ';
    // Its own default is 8000 kbit.
    const bucket = size(policingRate / 8, (policingBurst || 8000) / 8);
    qdiscs.push(INGRESS(dev));
    rest.push(`${label}${filter}\n${filter}handle 0x1 \n`);
    rest.push(
      `\taction order 1:  police 0x2 rate ${rate(policingRate / 8)} burst ${bucket} mtu 64Kb action drop/continue overhead 0b \n`,
    );
  }
  return { qdiscs: qdiscs.join(''), rest: rest.join('') };
}

/** tc's own way (iproute2 lib/utils.c, print_rate): it divides while no rest is left, or there are more than six digits. */
function rate(kilobytes: number): string {
  let bits = BigInt(Math.round(kilobytes * 8000));
  let prefix = 0;
  while (prefix < 4 && bits >= 1000n && (bits % 1000n === 0n || bits >= 1_000_000n)) {
    bits /= 1000n;
    prefix++;
  }
  return `${bits}${['', 'K', 'M', 'G', 'T'][prefix]}bit`;
}

/** tc_util.c, print_size: near enough to a whole number of MiB or KiB it says so. */
function size(kilobytes: number, kibibytes: number): string {
  if (kibibytes === 0) return '1600b';
  const bytes = burstShown(kilobytes, kibibytes);
  const near = (unit: number, within: number) =>
    bytes >= unit && Math.abs(Math.round(bytes / unit) * unit - bytes) < within;
  if (near(1024 * 1024, 1024)) return `${Number((bytes / (1024 * 1024)).toPrecision(6))}Mb`;
  return near(1024, 16) ? `${Number((bytes / 1024).toPrecision(6))}Kb` : `${bytes}b`;
}
