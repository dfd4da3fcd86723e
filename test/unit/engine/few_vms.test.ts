import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import type { ConnectionTarget } from '../../../src/connection/connection.ts';
import type { Session } from '../../../src/connection/session.ts';
import { type RunOptions, runPlays } from '../../../src/engine/run.ts';
import { nameNumber } from '../../../src/libvirt/named_script.ts';
import { cpuLimits } from '../../../src/modules/cpu_limits/index.ts';
import type { AnyModule } from '../../../src/modules/module.ts';
import { nicLimits } from '../../../src/modules/nic_limits/index.ts';
import { closingLines, hostLines } from '../../../src/report/text.ts';
import { defineDomain } from '../../../src/sim/define.ts';
import { stopDomain } from '../../../src/sim/lifecycle.ts';
import { type SimHost, simHost } from '../../../src/sim/model.ts';
import { runCommandLine } from '../../../src/sim/shell.ts';
import { full, sweep } from '../../sweep.ts';
import { parseRules } from '../modules/of_module.ts';

/** What is read of a hypervisor where the rules name their VMs one by one: those and no others, and the same result. */

const NAMES = ['web', 'db', 'web 2', ' lead', 'trail ', 'é', '4711', '$(id)', 'a'.repeat(80)];

let host: SimHost;
/** By exec that read: the names of the VMs that were described. */
let reads: string[][];
/** What a host or a line does to a command before it is run, and to what it answers. */
let onTheWay: (command: string) => string;
let onTheWayBack: (stdout: string) => string;

beforeEach(() => {
  host = simHost('hv1');
  for (const name of NAMES) defineDomain(host, { name, nics: [{}, {}], cpu: {} });
  reads = [];
  onTheWay = (command) => command;
  onTheWayBack = (stdout) => stdout;
});

const uuidOf = (name: string) => host.domains.find((domain) => domain.name === name)?.uuid ?? '';

const session: Session = {
  close: () => {},
  open: () => Promise.reject(new Error('not here')),
  exec: async (command) => {
    const answer = await runCommandLine(host, onTheWay(command));
    const described = host.domains.filter(({ uuid }) => answer.stdout.includes(`:l:${uuid}\n`));
    if (answer.stdout.includes(':listed\n')) reads.push(described.map(({ name }) => name));
    return { ...answer, stdout: onTheWayBack(answer.stdout) };
  },
};

interface Task {
  readonly module?: AnyModule;
  readonly rules: string;
  readonly args?: object;
}

/** Runs one play a list of tasks; the host is the same under each name. */
async function run(plays: readonly (readonly Task[])[], over: Partial<RunOptions> = {}, names = ['hv1']) {
  const target = { kind: 'local', host: 'hv1', address: 'hv1' } as unknown as ConnectionTarget;
  const jobs = plays.map((tasks, index) => {
    const resolved = tasks.map(({ module = nicLimits, rules, args: more }) => {
      const { args } = parseRules(module, rules);
      return { name: 't', module, args: { ...args, ...more } };
    });
    const place = { file: 'p.yml', line: 1, column: 1 };
    const play = { name: `p${index}`, file: 'p.yml', place, hosts: 'all', hostsPlace: place, vars: {} };
    return {
      play: { ...play, tasks: [] },
      batches: [names.map((name) => ({ name, uri: 'qemu:///system', target, tasks: resolved }))],
      rules: resolved.flatMap(({ module, args }) => module.rules(args)),
    };
  });
  const never = new AbortController().signal;
  const outcome = await runPlays(
    { connect: () => Promise.resolve(session), waitForJump: () => Promise.resolve(() => {}) } as never,
    jobs,
    { check: true, forks: 10, retryDelayMs: 1, ...over },
    { stopping: never, abort: never },
    {},
  );
  const text = { check: true, diff: false, verbose: false, paint: (_: unknown, said: string) => said };
  const result = { ...outcome, warnings: [] } as never;
  return {
    ...outcome,
    subjects: outcome.hosts.flatMap(({ resources }) =>
      resources.map(({ domain, subject, status }) => `${domain.name} ${subject.label} ${status}`),
    ),
    errors: outcome.hosts.flatMap(({ error }) => error ?? []),
    lines: outcome.hosts.map((one) => hostLines(one, text)[0]?.replace(/ \d+\.\d s$/, '')),
    recap: closingLines(result, text).filter((line) => / (read|all)\b/.test(line)),
  };
}

const named = (domain: string, more = 'inbound: 8 Mbit/s') =>
  `- { domain: ${JSON.stringify(domain)}, ${more} }`;

describe('rules that name their VMs one by one', () => {
  it.each(NAMES)('read only the one called %j, whatever the release of virsh', async (name) => {
    for (const listNames of ['plain', 'padded'] as const) {
      host.knobs.listNames = listNames;
      const { subjects, missingDomains } = await run([[{ rules: named(name) }]]);
      expect(subjects).toEqual([`${name} nic 1 pending`, `${name} nic 2 pending`]);
      expect(missingDomains).toEqual([]);
    }
    expect(reads).toEqual([[name], [name]]);
  });

  it('say what was not read, and count nothing else', async () => {
    const { lines, recap } = await run([[{ rules: named('web', 'nic: 1, inbound: 8 Mbit/s') }]]);
    expect(lines).toEqual(['hv1: would change (1 NIC to change, 1 not managed; 8 VMs not read)']);
    expect(recap.filter((line) => line.startsWith('NICs'))).toEqual([
      'NICs:  1 to change, 1 not managed; 8 VMs not read',
    ]);
  });

  it('read a VM by its UUID, and no other where that is none of the host', async () => {
    const web = await run([[{ rules: named(uuidOf('web')) }]]);
    expect(web.subjects).toEqual(['web nic 1 pending', 'web nic 2 pending']);
    const none = await run([[{ rules: named('6695eb01-f6a4-8304-79aa-97f2502e193f') }]]);
    expect(none.subjects).toEqual([]);
    expect(none.missingDomains).toHaveLength(1);
    expect(reads).toEqual([['web'], []]);
  });

  it('read the VM whose name is the UUID that another one has, too', async () => {
    const uuid = uuidOf('web');
    defineDomain(host, { name: uuid, nics: [{}] });
    const { subjects } = await run([[{ rules: named(uuid) }]]);
    expect(subjects).toEqual(['web nic 1 pending', 'web nic 2 pending', `${uuid} nic 1 pending`]);
    expect(reads).toEqual([['web', uuid]]);
  });

  it('read all where the list does not show one of the names', async () => {
    const { missingDomains } = await run([[{ rules: `${named('web')}\n${named('gone')}` }]]);
    expect(missingDomains.map(({ domain }) => domain)).toEqual(['gone']);
    expect(reads).toEqual([NAMES]);
  });

  it('read all where the list shows a name for another VM than the one that has it', async () => {
    onTheWay = (command) => command.replace(`'${nameNumber('web')}'`, `'${nameNumber('db')}'`);
    const { subjects, recap } = await run([[{ rules: named('web') }]]);
    expect(subjects).toEqual(['web nic 1 pending', 'web nic 2 pending']);
    expect(recap.at(-1)).toBe('NICs:  18 in all: 2 to change, 16 not managed');
    expect(reads).toEqual([['db'], NAMES]);
  });

  it('are the VMs of all tasks and inventory names, in one read', async () => {
    const tasks = [{ rules: named('web') }, { module: cpuLimits, rules: named('db', 'cpu_shares: 20') }];
    const { subjects, recap } = await run([tasks], {}, ['hv1', 'vm-1']);
    expect(new Set(subjects)).toEqual(new Set(['web nic 1 pending', 'web nic 2 pending', 'db cpu pending']));
    expect(reads).toEqual([['web', 'db']]);
    expect(recap.slice(-2)).toEqual([
      'NICs:     2 to change, 2 not managed; 7 VMs not read',
      "VMs' CPU: 1 to change, 1 not managed; 7 VMs not read",
    ]);
  });

  it('count once what several plays have read', async () => {
    const few = await run([[{ rules: named('web') }], [{ rules: named('db') }], [{ rules: named('web') }]]);
    expect(few.recap.at(-1)).toBe('NICs:  4 to change; 7 VMs not read');
    const all = await run([[{ rules: named('web') }], [{ rules: named('d*') }]]);
    expect(all.recap.at(-1)).toBe('NICs:  18 in all: 4 to change, 14 not managed');
    expect(reads).toEqual([['web'], ['db'], ['web'], ['web'], NAMES]);
  });

  it('do not hide what another play wants of the VM', async () => {
    const { subjects } = await run([
      [{ rules: named('web') }],
      [{ rules: named('w*', 'inbound: 9 Mbit/s') }],
    ]);
    expect(subjects.filter((line) => line.endsWith('refused'))).toHaveLength(2);
    expect(reads).toEqual([['web'], NAMES]);
  });

  it('are read as few where a change is planned anew', async () => {
    let stopped = false;
    onTheWay = (command) => {
      if (!stopped && command.includes('domiftune')) {
        const [web] = host.domains;
        if (web !== undefined) stopDomain(host, web);
        stopped = true;
      }
      return command;
    };
    const { subjects } = await run([[{ rules: named('web') }]], { check: false });
    expect(subjects).toEqual(['web nic 1 changed', 'web nic 2 changed']);
    expect(reads).toEqual([['web'], ['web']]);
  });
});

describe('all of a host is read', () => {
  it.each<[string, Task, Partial<RunOptions>]>([
    ['a glob', { rules: named('web*') }, {}],
    ['an exclusion alone', { rules: '- { domain: "!db", inbound: 8 Mbit/s }' }, {}],
    ['no domain', { rules: '- { match: { state: running }, inbound: 8 Mbit/s }' }, {}],
    ['what is not named is cleared', { rules: named('web'), args: { unmatched: 'unlimited' } }, {}],
    ['what all may use is added up', { rules: named('web'), args: { uplink: 1 } }, {}],
    ['everything is to be listed', { rules: named('web') }, { listAll: true }],
    ['a task has no rules', { rules: '[]' }, {}],
  ])('%s', async (_what, task, over) => {
    await run([[task]], over);
    expect(reads).toEqual([NAMES]);
  });

  it('where another VM tells whether the host has cgroups', async () => {
    const [web] = host.domains;
    if (web === undefined) throw new Error('no VM');
    const task = { module: cpuLimits, rules: named('web', 'cpu_shares: 20') };
    await run([[task]]);
    stopDomain(host, web);
    const off = await run([[task]]);
    expect(off.hosts[0]?.resources.map(({ notes = [] }) => notes)).toEqual([[]]);
    expect(reads).toEqual([['web'], ['web'], NAMES]);
  });
});

it('is never believed where a line is lost, doubled or mangled on the way: the same result, or an error of the host', async () => {
  const rules = `${named('web')}\n${named(uuidOf('db'))}`;
  const right = await run([[{ rules }]]);
  expect(right.subjects).toHaveLength(4);
  let lines = 0;
  onTheWayBack = (stdout) => {
    lines = stdout.split('\n').length;
    return stdout;
  };
  await run([[{ rules }]]);
  const changes: readonly ((line: string) => readonly string[])[] = [
    () => [],
    (line) => [line, line],
    (line) => [line.replace(/^~/, '')],
    (line) => [`~${line}`],
    (line) => [line.slice(0, -2)],
  ];
  expect(lines).toBeGreaterThan(50);
  // Of the unit tests each change has every fifth line, so that all lines are changed in one way.
  const step = full(1, changes.length);
  for (const [nth, change] of changes.entries()) {
    for (let index = nth % step; index < lines; index += step) {
      onTheWayBack = (stdout) =>
        stdout
          .split('\n')
          .flatMap((line, at) => (at === index ? change(line) : [line]))
          .join('\n');
      const { subjects, errors } = await run([[{ rules }]]);
      if (errors.length === 0) expect(subjects, `line ${index}`).toEqual(right.subjects);
    }
  }
});

it('gives what a read of all VMs gives', { timeout: 60_000 }, async () => {
  const word = fc.constantFrom(...NAMES, 'gone', 'trail', 'lead', 'WEB');
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.record({ word, exclude: fc.option(word, { nil: undefined }), byUuid: fc.boolean() }), {
        minLength: 1,
        maxLength: 3,
      }),
      fc.constantFrom('plain' as const, 'padded' as const),
      async (chosen, listNames) => {
        host.knobs.listNames = listNames;
        const rules = chosen.map(({ word, exclude, byUuid }) => {
          const domain = [
            (byUuid && uuidOf(word)) || word,
            ...(exclude === undefined ? [] : [`!${exclude}`]),
          ];
          return `- { domain: ${JSON.stringify(domain)}, inbound: 8 Mbit/s }`;
        });
        const task = { rules: rules.join('\n') };
        const few = await run([[task]]);
        // The rule about no VM at all makes it a read of all of them.
        const all = await run([[task, { rules: '- { domain: "no-*", inbound: 1 Mbit/s }' }]]);
        expect(few.subjects).toEqual(all.subjects);
        expect(few.missingDomains).toEqual(all.missingDomains);
      },
    ),
    sweep(300, 20),
  );
});

it('a MAC that a rule names is looked for in all VMs, also where one of them alone was heard of', async () => {
  const mac = '52:54:00:aa:bb:cc';
  for (const name of ['one', 'two']) defineDomain(host, { name, nics: [{ mac }] });
  const rules = (nic: string) => [[{ rules: `- { domain: "*", nic: ${nic}, inbound: 8 Mbit/s }` }]];
  const found = await run(rules(`{ mac: "${mac}" }`), { only: ['one'] });
  expect(found.subjects).toEqual(['one nic 1 ambiguous', 'two nic 1 ambiguous']);
  reads = [];
  const others = await run(rules('1'), { only: ['one'] });
  expect([others.subjects, reads]).toEqual([['one nic 1 pending'], [['one']]]);
});
