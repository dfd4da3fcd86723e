import { expect } from 'vitest';
import { newConnector } from '../../../src/connection/connector.ts';
import { exitCode } from '../../../src/engine/exit_code.ts';
import { planVisit } from '../../../src/engine/plan.ts';
import type { PlannedTask } from '../../../src/engine/planned_task.ts';
import { type RunOptions, runPlays } from '../../../src/engine/run.ts';
import type { Fact } from '../../../src/facts/fact.ts';
import { documentElement } from '../../../src/libvirt/xml.ts';
import { commandLines } from '../../../src/model/change.ts';
import type { Domain, HostFacts } from '../../../src/model/facts.ts';
import type { AnyModule } from '../../../src/modules/module.ts';
import type { SimFleet } from '../../../src/sim/sshd.ts';
import { parseYaml } from '../../../src/yaml/parse.ts';
import { expectAllowed } from './allowed.ts';

/** Short ways to try a module that limits whole VMs. */

export const UUID = '6695eb01-f6a4-8304-79aa-97f2502e193f';

/** The arguments that YAML rules come to, and `line:column severity message; hint` of each diagnostic. */
export function parseRules(module: AnyModule, rules: string) {
  const { value, diagnostics: ofYaml } = parseYaml(`rules:\n  ${rules.replaceAll('\n', '\n  ')}\n`, 'x.yml');
  expect(ofYaml).toEqual([]);
  const { args, diagnostics } = module.parse(value);
  const said = diagnostics.map(
    ({ place, severity, message, hint }) =>
      `${place?.line}:${place?.column} ${severity} ${message}${hint ? `; ${hint}` : ''}`,
  );
  return { args, said };
}

/** A VM as two descriptions have it; null for a state that it lacks. */
export function described(
  facts: readonly Fact[],
  live: string | null,
  config: string | null = live,
  over: Partial<Domain> = {},
): Domain {
  const read = (fact: Fact, xml: string | null) =>
    xml === null || fact.of === 'device' || fact.of === 'kernel' || fact.of === 'outside'
      ? null
      : fact.parse(documentElement(`<domain>${xml}</domain>`, 'domain'));
  return {
    uuid: UUID,
    name: 'web-01',
    title: '',
    state: live === null ? 'shutoff' : 'running',
    persistent: config !== null,
    managedSave: false,
    ...over,
    parts: Object.fromEntries(
      facts.map((fact) => [fact.name, { live: read(fact, live), config: read(fact, config) }]),
    ),
  };
}

/** What tasks, each with its YAML rules, plan for VMs, with what people read of it. */
export function planRules(
  module: AnyModule,
  tasks: readonly string[],
  domains: readonly Domain[],
  over: Partial<PlannedTask> = {},
  parts: HostFacts['parts'] = {},
) {
  const planned = tasks.map((rules) => {
    const { args, said } = parseRules(module, rules);
    expect(said.filter((line) => line.includes(' error '))).toEqual([]);
    const task = { host: 'hv01', play: 'p', task: 't', rank: 0, ignoreErrors: false, listAll: false };
    return { ...task, rewrite: false, kernel: false, now: 0, module, args, ...over };
  });
  const { changes } = planVisit(planned, { domains, unreadable: [], parts });
  for (const { change } of changes) expectAllowed(module, change);
  return changes.map(({ change }) => ({
    status: change.status,
    reason: change.reason,
    notes: change.notes ?? [],
    commands: commandLines(change).map((line) => line.replace(change.domain.uuid, 'U')),
    sentence: module.text.sentence(change),
    diff: module.text.diff(change),
    change,
  }));
}

const connector = newConnector();

/** A run of one task over a simulated fleet: for each subject `VM status`, with the reason where there is one. */
export async function runRules(
  { module, fleet, dir }: { readonly module: AnyModule; readonly fleet: SimFleet; readonly dir: string },
  rules: string,
  over: Partial<RunOptions> = {},
) {
  const { args, said } = parseRules(module, rules);
  expect(said.filter((line) => line.includes(' error '))).toEqual([]);
  const batch = fleet.hosts.map(({ name, address, port }) => ({
    name,
    uri: 'qemu:///system',
    target: {
      kind: 'ssh' as const,
      host: name,
      address,
      port,
      user: 'root',
      privateKeyFile: `${dir}/id_ed25519`,
      knownHostsFiles: [`${dir}/known_hosts`],
      acceptNewHostKeys: false,
      connectTimeoutMs: 5000,
      idleTimeoutMs: 5000,
      execTimeoutMs: 10_000,
    },
    tasks: [{ name: 'limits', module, args }],
  }));
  const place = { file: 'p.yml', line: 1, column: 1 };
  const play = { name: 'p', file: 'p.yml', place, hosts: 'all', hostsPlace: place, vars: {}, tasks: [] };
  const never = new AbortController().signal;
  const outcome = await runPlays(
    connector,
    [{ play, batches: [batch], rules: module.rules(args) }],
    { check: false, forks: 10, retryDelayMs: 1, ...over },
    { stopping: never, abort: never },
    { hostDone: () => {} },
  );
  const changes = outcome.hosts.flatMap(({ resources }) => resources);
  return {
    code: exitCode(outcome, false),
    subjects: changes.map(
      ({ domain, status, reason }) => `${domain.name} ${status}${reason === undefined ? '' : `: ${reason}`}`,
    ),
    errors: outcome.hosts.flatMap(({ error }) => error ?? []),
    notes: outcome.hosts.flatMap(({ notes }) => notes ?? []),
    changes,
  };
}
