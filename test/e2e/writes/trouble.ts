import { between, seededRandom, weighted } from '../faults/random.ts';

/** One way in which a write goes wrong, as lines of sh that run before each tc call (`tc-hook` of the lab). */
export interface Trouble {
  readonly name: string;
  readonly hook: string;
}

/** The calls of tc that a live set makes, as patterns of sh: virNetDevBandwidthSet in its order. */
const CALLS = {
  'teardown of the shaper': '"qdisc del"*" root"*',
  'teardown of the policer': '"qdisc del"*" ingress"*',
  'root queue': '"qdisc add"*" htb "*',
  class: '"class add"*',
  'leaf queue': '*" sfq "*',
  'fw filter': '*" fw "*',
  'ingress queue': '"qdisc add"*" ingress"*',
  policer: '*" police "*',
} as const;

/** What tc may print: words that libvirt and virsh use themselves among them. */
const TEXTS = [
  'RTNETLINK answers: Permission denied',
  'Timed out during operation: cannot acquire state change lock (held by monitor=x)',
  'Domain not found: no domain with matching uuid',
  'error: failed to get domain',
  'Cannot talk to rtnetlink: Connection refused',
  'End of file while reading data: Input/output error',
  'unsupported configuration: domain is not running',
  // As where another program has deleted what the call stands on: libvirt's set is made once more.
  "Error: Parent Qdisc doesn't exists. We have an error talking to the kernel",
  'RTNETLINK answers: No such file or directory',
] as const;

/** Acts only for so many of the matching calls. */
const firstCalls = (pattern: string, times: number, action: string) =>
  `case "$*" in ${pattern}) n=$(cat /run/lab/tc-count 2>/dev/null || echo 0); n=$((n+1)); echo $n >/run/lab/tc-count; if [ $n -le ${times} ]; then ${action}; fi ;; esac`;

/**
 * A trouble for a seed: the same one for ever.
 * @param revive what starts libvirtd again where systemd does not
 */
export function troubleOf(seed: number, revive = ''): Trouble {
  const kill = `pkill -9 -x libvirtd${revive}`;
  const random = seededRandom(`write-${seed}`);
  const pick = <T>(list: readonly T[]): T => list[between(random, 0, list.length - 1)] as T;
  const [call, pattern] = Object.entries(CALLS)[seed % 8] as [string, string];
  const often = weighted(random, [
    [2, 1],
    [1, 2],
    [2, 1000],
  ]);
  return weighted(random, [
    [
      3,
      () => {
        const text = pick(TEXTS);
        const action = `echo "${text}" >&2; exit 2`;
        return {
          name: `${seed}: ${call} fails ${often} times with "${text}"`,
          hook: firstCalls(pattern, often, action),
        };
      },
    ],
    [
      2,
      () => {
        const fails = random() < 0.5 ? '; exit 2' : '';
        const hook = firstCalls(pattern, Math.min(often, 2), `${kill}${fails}`);
        return { name: `${seed}: libvirtd is killed at the ${call}${fails && ', which fails'}`, hook };
      },
    ],
    [
      2,
      () => {
        const ms = between(random, 0, 400);
        const later = `(setsid sh -c "sleep ${ms / 1000}; ${kill}" >/dev/null 2>&1 </dev/null &)`;
        return {
          name: `${seed}: libvirtd is killed ${ms} ms after the first call`,
          hook: firstCalls('*', 1, later),
        };
      },
    ],
  ])();
}
