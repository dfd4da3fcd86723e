import { mapOf, textOf } from '../../../base/json.ts';
import { parseRate } from '../../../base/units.ts';
import type { Diagnostic } from '../../../model/diagnostic.ts';
import { isMap } from '../../../yaml/merge.ts';
import { keyPlaceOf, placeOf } from '../../../yaml/places.ts';
import { MOST_KBITS } from './settings.ts';

/** What the schema lets through of who limits. */
export interface EnforcerArgs {
  readonly rules: readonly object[];
  readonly enforce_with?: 'libvirt' | 'neutron';
  readonly cloud?: unknown;
  readonly servers?: unknown;
}

interface Enforcer {
  readonly by: { readonly cloud: string; readonly region: string } | null;
  readonly diagnostics: readonly Diagnostic[];
}

/** Names that stand in commands as they are, and are read back from there. */
const PLAIN = /^[A-Za-z0-9_][A-Za-z0-9_.-]*$/;

/** Which cloud limits, with what it cannot do of what the rules ask: before anybody is contacted. */
export function enforcerOf(args: EnforcerArgs): Enforcer {
  if (args.enforce_with !== 'neutron') return { by: null, diagnostics: [] };
  const said = mapOf(args.cloud);
  const [cloud, region] = [textOf(said.cloud), textOf(said.region)];
  const place = placeOf(args, 'enforce_with');
  const wrong = (message: string, hint: string): Enforcer => ({
    by: null,
    diagnostics: [{ severity: 'error', message, hint, place }],
  });
  if (args.servers === undefined || cloud === '' || region === '')
    return wrong(
      'enforce_with: neutron, and no inventory of a cloud says what this host has',
      'read the hosts from the cloud (plugin: virtune.openstack), or leave it to libvirt there',
    );
  if (!PLAIN.test(cloud) || !PLAIN.test(region))
    return wrong(
      `enforce_with: neutron needs plain names of cloud and region: letters, digits, "_", "." and "-", not "${PLAIN.test(cloud) ? region : cloud}"`,
      'give the cloud such a name in clouds.yaml',
    );
  return { by: { cloud, region }, diagnostics: args.rules.flatMap(ruleErrors) };
}

function ruleErrors(rule: object): readonly Diagnostic[] {
  const raw = rule as Readonly<Record<string, unknown>>;
  const found: Diagnostic[] = [];
  const wrong = (of: object, key: string, message: string, hint: string) =>
    found.push({ severity: 'error', message, hint, place: keyPlaceOf(of, key) ?? placeOf(rule) });
  if (raw.apply_to !== undefined && raw.apply_to !== 'both')
    wrong(
      rule,
      'apply_to',
      `apply_to: ${String(raw.apply_to)} has no equal in Neutron, whose policies hold for the running VM and for its next start`,
      'leave it out, or limit with enforce_with: libvirt',
    );
  for (const key of ['rate', 'at_most']) tooMuch(rule, key, raw[key], wrong);
  for (const key of ['inbound', 'outbound', 'download', 'upload']) {
    const limit = raw[key];
    if (!isMap(limit)) tooMuch(rule, key, limit, wrong);
    else {
      for (const part of ['peak', 'floor'])
        if (Object.hasOwn(limit, part))
          wrong(
            limit,
            part,
            `${part} has no equal in Neutron's QoS, which limits an average and a burst`,
            `leave ${part} out, or limit with enforce_with: libvirt`,
          );
      tooMuch(limit, 'average', limit.average, wrong);
    }
  }
  return found;
}

type Wrong = (of: object, key: string, message: string, hint: string) => void;

function tooMuch(of: object, key: string, written: unknown, wrong: Wrong): void {
  const rate = written === undefined ? null : parseRate(written);
  if (rate?.ok && rate.value * 8 > MOST_KBITS)
    wrong(of, key, `Neutron takes at most ${MOST_KBITS} kbit/s`, 'write "unlimited" for no limit');
}
