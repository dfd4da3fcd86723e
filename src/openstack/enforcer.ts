import pLimit from 'p-limit';
import { groupBy } from '../base/group.ts';
import { limitsOfName } from '../facts/qos.ts';
import type { Answer, Enforcer, EnforcerOutcome, Question } from '../model/enforcer.ts';
import type { Cloud } from './cloud.ts';
import { openCloud } from './cloud.ts';
import type { CloudConfig } from './config.ts';
import { CloudError } from './errors.ts';
import { type Ports, type PortTarget, portsOf } from './port_writes.ts';
import { rightsText } from './rights.ts';

/** How a cloud is reached, by its name in clouds.yaml; in words where that is not known. */
export type CloudByName = (name: string) => Promise<CloudConfig | { readonly problem: string }>;

/** So many requests at once to one Neutron. */
const AT_ONCE = 8;

/**
 * Limits by QoS policies of Neutron's ports. Its steps are commands of OpenStack's client, of which it knows those alone
 * that set or unset a port's policy; what a policy of virtune's is to say stands in its name.
 */
export function openstackEnforcer(configOf: CloudByName): Enforcer {
  const places = new Map<string, Promise<Ports | string>>();
  const placeOf = (cloud: string, region: string): Promise<Ports | string> => {
    const key = `${cloud} ${region}`;
    const known = places.get(key) ?? open(configOf, cloud, region);
    places.set(key, known);
    return known;
  };

  const read: Enforcer['read'] = async (questions, signal) => {
    const answers = new Map<Question, Answer>();
    const byPlace = groupBy(questions, ({ cloud = '', region = '' }) => `${cloud} ${region}`);
    await Promise.all(
      [...byPlace.values()].map(async (same) => {
        const { cloud = '', region = '' } = same[0];
        const ports = await placeOf(cloud, region);
        const told = typeof ports === 'string' ? ports : await readAll(ports, same, signal);
        for (const one of same)
          answers.set(
            one,
            typeof told === 'string' ? { problem: told } : (told.get(one) ?? { problem: 'it was not asked' }),
          );
      }),
    );
    return questions.map((one) => answers.get(one) as Answer);
  };

  const runOne = async (
    commands: readonly (readonly string[])[],
    signal: AbortSignal | undefined,
  ): Promise<EnforcerOutcome> => {
    const found = targetIn(commands.at(-1) ?? []);
    const before = targetIn(commands.at(-2) ?? []);
    if (found === null)
      return { kind: 'failed', error: `not a command for a port: ${commands.at(-1)?.join(' ') ?? ''}` };
    const ports = await placeOf(found.cloud, found.region);
    if (typeof ports === 'string') return { kind: 'failed', error: ports };
    // Unset and set: in one write, so that nothing is without a limit between.
    const anew = before !== null && before.policy === null && before.port === found.port;
    return ports.set({ ...found, anew }, signal);
  };

  return {
    read,
    run: async (steps, signal) => {
      const limit = pLimit(AT_ONCE);
      return Promise.all(steps.map((commands) => limit(() => runOne(commands, signal))));
    },
    finish: async () => {
      const all = await Promise.all(places.values());
      const opened = all.filter((one) => typeof one !== 'string');
      return (await Promise.all(opened.map((ports) => ports.removeUnused()))).flat();
    },
  };
}

async function open(configOf: CloudByName, name: string, region: string): Promise<Ports | string> {
  const config = await configOf(name);
  if ('problem' in config) return config.problem;
  const cloud: Cloud = openCloud(config);
  return portsOf(cloud.in(region));
}

async function readAll(
  ports: Ports,
  questions: readonly Question[],
  signal: AbortSignal | undefined,
): Promise<ReadonlyMap<Question, Answer> | string> {
  try {
    const states = await ports.read(
      questions.map(({ port = '' }) => port),
      signal,
    );
    return new Map(
      questions.map((one): [Question, Answer] => {
        const value = states.get(one.port ?? '');
        return [one, value === undefined ? { problem: `there is no port ${one.port} any more` } : { value }];
      }),
    );
  } catch (error) {
    if (!(error instanceof CloudError)) throw error;
    return rightsText(error);
  }
}

/** `--os-cloud NAME --os-region-name NAME port set --qos-policy POLICY PORT`, `… port unset --qos-policy PORT` */
function targetIn(
  words: readonly string[],
): (Omit<PortTarget, 'anew'> & { readonly cloud: string; readonly region: string }) | null {
  const [a, cloud = '', b, region = '', c, verb, d, ...rest] = words;
  if (a !== '--os-cloud' || b !== '--os-region-name' || c !== 'port' || d !== '--qos-policy') return null;
  if (verb === 'unset' && rest.length === 1) return { cloud, region, port: rest[0] ?? '', policy: null };
  const [policy = '', port = ''] = rest;
  if (verb !== 'set' || rest.length !== 2) return null;
  const own = limitsOfName(policy) !== null;
  return { cloud, region, port, policy: own ? { name: policy } : { id: policy } };
}
