import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { confirm, InputError, type ProjectInput, plan, run, validate } from '../../../src/api/index.ts';
import { demoFleet } from '../../../src/sim/demo_fleet.ts';
import { writeFleetFiles } from '../../../src/sim/fleet_files.ts';
import { type SimFleet, startSimFleet } from '../../../src/sim/sshd.ts';

/** What programs import, against a simulated fleet. The package's own exports: test/thorough/package.test.ts. */

const ROOT = resolve(import.meta.dirname, '../../..');
let dir = '';
let fleet: SimFleet;
let files: ProjectInput;

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'virtune-api-'));
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

async function newFleet(): Promise<void> {
  fleet = await startSimFleet(demoFleet());
  const { inventory } = await writeFleetFiles(fleet, dir);
  files = {
    playbooks: [join(ROOT, 'playbooks/nic-limits.yml')],
    inventory: [join(ROOT, 'inventory'), inventory],
  };
}

function playbook(text: string): ProjectInput {
  const file = join(dir, 'play.yml');
  writeFileSync(file, text);
  return { ...files, playbooks: [file] };
}

const limits = (more: string) => `- hosts: all
  gather_facts: false
  tasks:
    - nic_limits:
        rules:
          - { domain: web-07, rate: 10 Mbit/s${more} }
`;

describe('plan and run', () => {
  beforeAll(newFleet);
  afterEach(() => fleet.close());
  const again = (name: string, test: () => Promise<void>) =>
    it(name, async () => {
      await fleet.close();
      await newFleet();
      await test();
    });

  again('give back what was not confirmed, where a record is kept', async () => {
    const stateDir = join(dir, 'state');
    await expect(run(files, { confirmWithin: 60 })).rejects.toThrow('must be recorded');
    await expect(run(files, { confirmWithin: 0, stateDir })).rejects.toThrow('between a second and a day');
    await expect(plan(files, { confirmWithin: 60, stateDir })).rejects.toThrow('a check writes nothing');
    const waits = await run(files, { confirmWithin: 60, stateDir });
    expect(waits).toMatchObject({ exitCode: 0, confirm: { until: expect.stringMatching(/^20.*Z$/) } });
    expect(fleet.hosts.map(({ host }) => host.watchdogs.size)).toEqual([1, 1, 1]);
    expect(readdirSync(join(stateDir, 'runs'))).toEqual([`${waits.id}.jsonl`]);
  });

  again('keep what was confirmed, host by host or all, once', async () => {
    const stateDir = join(dir, 'confirmed');
    const configured = () =>
      fleet.hosts.map(({ host }) =>
        host.domains.flatMap(({ config }) => (config ?? []).map(({ bandwidth }) => bandwidth)),
      );
    const before = configured();
    const waits = await run(files, { confirmWithin: 60, stateDir });
    expect(configured()).toEqual(before);
    const told: string[] = [];
    const on = { hostDone: ({ name }: { readonly name: string }) => told.push(name) };
    const one = await confirm('last', { stateDir, limit: ['hv01*'], on, user: 'bot' });
    expect(one).toMatchObject({ mode: 'apply', exitCode: 0, user: 'bot' });
    expect(told).toEqual([expect.stringMatching(/^hv01/)]);
    expect(fleet.hosts.map(({ host }) => host.watchdogs.size)).toEqual([0, 1, 1]);
    expect(configured()[0]).not.toEqual(before[0]);
    expect(configured().slice(1)).toEqual(before.slice(1));
    const all = await confirm(waits.id, { stateDir, inventory: files.inventory });
    expect([all.exitCode, all.hosts.map(({ status }) => status)]).toEqual([0, ['ok', 'changed', 'changed']]);
    expect((await plan(files)).changes).toEqual([]);
    // Each confirm is recorded beside the run.
    expect(readdirSync(join(stateDir, 'runs'))).toHaveLength(3);
    await expect(confirm(waits.id, { stateDir })).rejects.toThrow('was confirmed already');
    await expect(confirm(waits.id, { stateDir: join(dir, 'none') })).rejects.toBeInstanceOf(InputError);
    const plain = await run(files, { stateDir });
    await expect(confirm(plain.id, { stateDir })).rejects.toThrow('waits for no confirm');
  });

  again('say what would be written, write it, and find nothing then, with one project', async () => {
    const project = await validate(files);
    expect(project.plays.map(({ play }) => play.name)).toEqual(['Enforce NIC limits']);
    expect(project.hosts).toHaveLength(3);
    const planned = await plan(project);
    expect(planned).toMatchObject({ mode: 'check', exitCode: 2, command: '' });
    expect(planned.changes).toHaveLength(10);
    expect(planned.changes.every(({ status, steps }) => status === 'pending' && steps.length > 0)).toBe(true);
    expect(JSON.parse(JSON.stringify(planned))).toEqual(planned);
    // Nothing was written: it finds the same.
    expect((await plan(project)).changes).toEqual(planned.changes);
    const done = await run(project, { user: 'bot', command: 'nightly' });
    expect(done).toMatchObject({ mode: 'apply', exitCode: 0, user: 'bot', command: 'nightly' });
    const changed = done.hosts.flatMap(({ resources }) =>
      resources.filter((one) => one.status === 'changed'),
    );
    expect(changed).toHaveLength(10);
    expect((await plan(project)).changes).toEqual([]);
  });

  again('tell what happens as it happens', async () => {
    const told: string[] = [];
    await plan(files, {
      on: {
        runStarted: ({ mode, playbooks }) => told.push(`${mode} ${playbooks.length}`),
        playStarted: (name, hosts) => told.push(`${name} ${hosts}`),
        hostStarted: () => told.push('started'),
        hostDone: ({ status }) => told.push(status),
      },
      forks: 1,
    });
    expect(told).toEqual([
      'check 1',
      'Enforce NIC limits 3',
      ...Array(3).fill(['started', 'changed']).flat(),
    ]);
  });

  again('begin no host once the signal is aborted, and have a result for each all the same', async () => {
    const stop = new AbortController();
    const result = await run(files, {
      forks: 1,
      signal: stop.signal,
      on: { hostDone: () => stop.abort() },
    });
    expect(result.exitCode).toBe(130);
    expect(result.hosts.map(({ status }) => status)).toEqual(['changed', 'skipped', 'skipped']);
    for (const how of ['signal', 'abort'] as const) {
      const none = await run(files, { [how]: AbortSignal.abort() });
      expect(none.exitCode, how).toBe(130);
      expect(none.hosts.map(({ status }) => status)).toEqual(['skipped', 'skipped', 'skipped']);
    }
  });

  again('finish the hosts that have begun where a callback throws, and throw that', async () => {
    const done: string[] = [];
    const broken = run(files, {
      forks: 1,
      on: {
        hostStarted: (name) => done.push(name),
        hostDone: () => {
          throw new TypeError('not mine');
        },
      },
    });
    await expect(broken).rejects.toThrow('not mine');
    expect(done).toHaveLength(1);
    const [first] = (await plan(files)).hosts;
    // It was read back, and nothing is left half done.
    expect(first).toMatchObject({ name: done[0], status: 'ok' });
  });

  again('leave what is waived as it is, and say what became of each waiver', async () => {
    const waivers = join(dir, 'waivers.yml');
    const entry = (more: string) => `  - { owner: ops, reason: load test, ${more} }\n`;
    writeFileSync(
      waivers,
      `waivers:\n${entry('until: 2999-12-31, domain: web-07')}${entry('until: 2020-01-01, domain: none')}`,
    );
    const waived = { ...playbook(limits('')), waivers };
    const { changes, hosts, exitCode, waivers: uses } = await plan(waived);
    expect([changes, exitCode]).toEqual([[], 0]);
    const [{ status, waiver } = {}] = hosts.flatMap(({ resources }) => resources);
    expect([status, waiver?.owner]).toEqual(['waived', 'ops']);
    expect(uses?.map(({ state, count }) => [state, count])).toEqual([
      ['used', 1],
      ['expired', 0],
    ]);
    expect((await run(await validate(waived))).waivers?.[0]?.state).toBe('used');
    await expect(validate({ ...waived, strict: true })).rejects.toThrow('has expired');
    writeFileSync(waivers, 'waivers:\n  - { owner: ops, reason: load test, domain: web-07 }\n');
    await expect(run(waived)).rejects.toThrow('until');
  });

  again('have one host in trouble as a result, and no error', async () => {
    const result = await plan({ ...files, extraVars: { ansible_port: 1 }, limit: ['hv01*'] });
    expect(result).toMatchObject({ exitCode: 4, hosts: [{ status: 'unreachable' }], changes: [] });
  });

  again('tell templates of check mode, and of the environment what they are given', async () => {
    process.env.VIRTUNE_API_TEST = 'process';
    try {
      const templated = playbook(`- hosts: all
  tasks:
    - name: "{{ ansible_check_mode }} {{ lookup('env', 'VIRTUNE_API_TEST') | default('unset', true) }}"
      nic_limits: { rules: [{ domain: web-07, rate: 10 Mbit/s }] }
`);
      const taskOf = async (input: ProjectInput, how: typeof plan | typeof run) =>
        (await how(input)).hosts.flatMap(({ resources }) => resources)[0]?.task;
      expect(await taskOf(templated, plan)).toBe('True unset');
      expect(await taskOf({ ...templated, env: { VIRTUNE_API_TEST: 'given' } }, run)).toBe('False given');
    } finally {
      delete process.env.VIRTUNE_API_TEST;
    }
  });
});

describe('wrong input', () => {
  const thrown = async (work: Promise<unknown>): Promise<InputError> => {
    const error = await work.then(
      () => null,
      (one: unknown) => one,
    );
    expect(error).toBeInstanceOf(InputError);
    return error as InputError;
  };

  it('is one error with all that is wrong, and where', async () => {
    for (const what of [validate, plan, run]) {
      const { diagnostics } = await thrown(what(playbook(limits(', colour: red, nic: zero'))));
      // A note, too: the shipped inventory has rules that this playbook does not read.
      const wrong = diagnostics.filter(({ severity }) => severity !== 'note');
      expect(wrong.map(({ severity, place }) => [severity, place?.line])).toEqual([
        ['error', 6],
        ['error', 6],
      ]);
    }
  });

  it('is a warning with strict, told with the warning itself', async () => {
    const warned = { ...playbook(limits('').replace('gather_facts: false', 'order: shuffle')), seed: 7 };
    const { warnings } = await validate(warned);
    expect(warnings.map(({ message }) => message)).toEqual([expect.stringContaining('by the seed 7')]);
    const { diagnostics } = await thrown(validate({ ...warned, strict: true }));
    expect(diagnostics.map(({ severity, message }) => `${severity}: ${message}`)).toEqual([
      `warning: ${warnings[0]?.message}`,
      'error: 1 warning, which --strict counts as an error',
    ]);
  });

  it('is what needs a password that somebody would have to type', async () => {
    const secret = join(dir, 'secret.yml');
    writeFileSync(secret, '$ANSIBLE_VAULT;1.1;AES256\n6162\n');
    const input = { ...playbook(limits('')), vaultPasswordFiles: ['prompt'], extraVars: [`@${secret}`] };
    const { diagnostics } = await thrown(validate(input));
    expect(diagnostics.map(({ message }) => message)).toEqual(['nobody is asked for the vault password']);
  });
});

it('the folder of the API uses nothing of the process but who runs it', () => {
  const folder = join(ROOT, 'src/api');
  const used = readdirSync(folder)
    .filter((name) => name.endsWith('.ts'))
    .flatMap(
      (name) => readFileSync(join(folder, name), 'utf8').match(/\bprocess\.\w+|\bconsole\.\w+/g) ?? [],
    );
  expect([...new Set(used)]).toEqual(['process.getuid']);
});
