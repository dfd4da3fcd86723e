import { DIRECTIONS } from '../../../facts/bandwidth.ts';
import { OPENSTACK } from '../../../facts/ports.ts';
import { limitsOfName, type PortState, policyName, type QosLimits, sameQos } from '../../../facts/qos.ts';
import {
  type Desired,
  differs,
  type KernelDrift,
  kernelLack,
  SIDES,
  type Step,
  type Values,
} from '../../../model/change.ts';
import type { DecideOptions, Decision, Objection } from '../../module.ts';
import type { FoundNic, ToldPort } from '../item.ts';
import { desiredRate, effectiveOf, MOST_KBITS, NO_QOS, only, PORT_POLICY, policyValue } from './settings.ts';

/**
 * What to tell Neutron so that a port limits what is asked, or why not. The direction that nobody names keeps what it
 * has. Steps are commands of the cloud's client: the policy is made where it is not there, and put on the port.
 */
export function decidePort(
  found: FoundNic,
  asked: Desired,
  { kernel }: Pick<DecideOptions, 'kernel'>,
): Decision {
  const { port } = found;
  const desired = only('port', asked);
  if (port === undefined || 'problem' in port) return { desired, steps: [], objection: noPort(found, port) };
  const values = { ...desired.config, ...desired.live };
  const target = targetOf(port.port_state, values);
  const sent: Desired = {
    live: found.live === null ? desired.live : withPolicy(desired.live, target.value),
    config: found.config === null ? desired.config : withPolicy(desired.config, target.value),
  };
  if (!SIDES.some((side) => differs(found[side], sent[side]))) {
    const lacks = kernel && found.kernel !== undefined ? kernelLack(found.kernel, sent.live) : [];
    if (lacks.length === 0) return { desired: sent, steps: [] };
    return target.limits === null
      ? { desired: sent, steps: [], objection: notKept(lacks) }
      : { desired: sent, steps: [renewal(port, target)], notes: [RENEWED] };
  }
  const objection = tooMuch(target.limits);
  return objection === null
    ? { desired: sent, steps: [stepOf(port, target)], notes: notesOn(found, port.port_state, target) }
    : { desired: sent, steps: [], objection };
}

export function noPort({ nic }: FoundNic, port: ToldPort | undefined): Objection {
  if (port !== undefined && 'problem' in port)
    return { status: 'failed', reason: `Neutron does not say how it limits the NIC: ${port.problem}` };
  return {
    status: 'unsupported',
    reason: `the cloud knows no port of this server with the MAC ${nic.mac}, so that Neutron cannot limit it: leave it out, or write enforce_with: libvirt for it`,
  };
}

function notesOn({ nic }: FoundNic, { policy }: PortState, { value, limits }: Target): readonly string[] {
  const notes: string[] = [];
  if (policy?.own === true && policy.name !== value)
    notes.push(`the policy ${policy.name} is removed at the end of the run, unless another port has it`);
  const described = nic.live !== null && DIRECTIONS.some((one) => nic.live?.limits[one] !== null);
  if (limits === null && (value === null || value.startsWith('network:')) && described)
    notes.push(
      'the agent may take what libvirt describes for the running VM from the tap with its own: some seconds later, virtune run --verify kernel without enforce_with: neutron sets that again',
    );
  return notes;
}

const RENEWED =
  'the policy of the port is right, and its agent does not keep it: the port gets another one that says the same, which the agent follows anew';

/** Nothing is known here that would make the agent look again. */
function notKept(lacks: readonly KernelDrift[]): Objection {
  const what = lacks.map(({ text }) => text).join('; ');
  return {
    status: 'failed',
    reason: `${what}. The policy of the port is right, so that it is its agent that does not keep it: look at the agent's log, and restart it on that host`,
  };
}

interface Target {
  /** As the setting names it. */
  readonly value: string | null;
  /** null for a policy of somebody else's, and for none. */
  readonly limits: QosLimits | null;
}

function targetOf(state: PortState, values: Values): Target {
  const named = values[PORT_POLICY];
  const now = effectiveOf(state)?.limits ?? NO_QOS;
  const wanted = (direction: (typeof DIRECTIONS)[number]) => {
    const rate = desiredRate(values, direction);
    return rate === undefined ? now[direction] : rate;
  };
  const limits: QosLimits = { inbound: wanted('inbound'), outbound: wanted('outbound') };
  if (named === null || (typeof named === 'string' && named.startsWith('network:')))
    return { value: withoutOwn(state), limits: null };
  if (typeof named === 'string' && limitsOfName(named) === null) return { value: named, limits: null };
  if (named === undefined && sameQos(limits, NO_QOS) && !limitsNetwork(state))
    return { value: withoutOwn(state), limits: null };
  return { value: policyName(limits), limits };
}

const withoutOwn = (state: PortState): string | null => policyValue({ ...state, policy: null });

/** Whether taking the port's policy away would leave it to a policy of its network that limits. */
function limitsNetwork({ ofNetwork }: PortState): boolean {
  return ofNetwork !== null && (ofNetwork.limits === null || !sameQos(ofNetwork.limits, NO_QOS));
}

function withPolicy(values: Values, policy: string | null): Values {
  return Object.keys(values).length === 0 ? values : { ...values, [PORT_POLICY]: policy };
}

function tooMuch(limits: QosLimits | null): Objection | null {
  const numbers = DIRECTIONS.flatMap((direction) => {
    const limit = limits?.[direction];
    return limit == null ? [] : [limit.rate, limit.burst ?? 0];
  });
  if (numbers.every((one) => one <= MOST_KBITS)) return null;
  return { status: 'unsupported', reason: `Neutron takes at most ${MOST_KBITS} kbit/s and kbit` };
}

type Told = Exclude<ToldPort, { problem: string }>;

const toCloud = ({ cloud, region }: Told) => ['--os-cloud', cloud, '--os-region-name', region];

/** An agent does nothing for a policy that it has followed for that port already, whatever became of the tap. */
function renewal(told: Told, { value }: Target): Step {
  const { port } = told;
  const commands = [
    ['port', 'unset', '--qos-policy', port],
    ['port', 'set', '--qos-policy', value ?? '', port],
  ];
  return { via: OPENSTACK, commands: commands.map((words) => [...toCloud(told), ...words]) };
}

function stepOf(told: Told, target: Target): Step {
  const { port, port_state } = told;
  const to = toCloud(told);
  const { value, limits } = target;
  if (value === null || value.startsWith('network:'))
    return { via: OPENSTACK, commands: [[...to, 'port', 'unset', '--qos-policy', port]] };
  const made = limits === null || port_state.known.includes(value) ? [] : creation(value, limits);
  const put = ['port', 'set', '--qos-policy', value, port];
  return { via: OPENSTACK, commands: [...made, put].map((words) => [...to, ...words]) };
}

/** As somebody would make it by hand; Neutron names the directions as the network sees them. */
function creation(name: string, limits: QosLimits): readonly (readonly string[])[] {
  const rules = DIRECTIONS.flatMap((direction) => {
    const limit = limits[direction];
    if (limit === null) return [];
    const burst = limit.burst === null ? [] : ['--max-burst-kbits', String(limit.burst)];
    const way = direction === 'inbound' ? '--ingress' : '--egress';
    return [
      [
        ...['network', 'qos', 'rule', 'create', '--type', 'bandwidth-limit'],
        '--max-kbps',
        String(limit.rate),
        ...burst,
        way,
        name,
      ],
    ];
  });
  return [['network', 'qos', 'policy', 'create', name], ...rules];
}
