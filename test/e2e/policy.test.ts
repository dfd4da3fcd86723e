import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import {
  bandwidth,
  bridgeNic,
  guest,
  play,
  removeGuests,
  type Simulated,
  simulate,
  virtune,
  write,
} from './lab.ts';

/** Whole runs under a policy, over simulated hosts, and one over a real one. */

let dir = '';
let sim: Simulated;
beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'virtune-policy-'));
  sim = await simulate(['a', 'b', 'c']);
});
afterEach(async () => {
  await sim.close();
  rmSync(dir, { recursive: true });
});

const file = (name: string, value: unknown): string => {
  const path = join(dir, name);
  writeFileSync(path, typeof value === 'string' ? value : JSON.stringify(value));
  return path;
};

const playbook = (keys: object = {}): string =>
  file('limits.yml', [
    { hosts: 'all', tasks: [{ nic_limits: { rules: [{ domain: 'sim', inbound: '100 Mbit/s' }] } }], ...keys },
  ]);

const rules = (...list: readonly object[]) => ({ rules: list });
const execs = () => ['a', 'b', 'c'].map((name) => sim.server(name).counts.execs);
const run = (...args: readonly string[]) =>
  virtune(['run', join(dir, 'limits.yml'), '-i', sim.inventory, ...args]);

it('refuses by the policy beside the playbook, in check mode and in a run, and writes nothing there', async () => {
  playbook();
  file(
    'virtune.policy.yml',
    rules({ name: 'hands off', hosts: 'b' }, { name: 'look at it', effect: 'warn', hosts: 'c' }),
  );
  const check = await run('--check');
  expect(check.code).toBe(5);
  expect(check.stderr).toContain(`note: the policy ${join(dir, 'virtune.policy.yml')} is in force (2 rules)`);
  const ran = await run();
  expect(ran.code).toBe(5);
  for (const { stdout } of [check, ran]) {
    expect(stdout.replaceAll(/\s+/g, ' ')).toContain(
      `b sim nic 1 refused policy rule "hands off" (${join(dir, 'virtune.policy.yml')}:1); asked for: receives unlimited → 100 Mbit/s`.replaceAll(
        /\s+/g,
        ' ',
      ),
    );
    expect(stdout).toContain('policy rule "look at it"');
  }
  // One reads, the other writes as well.
  expect(execs()).toEqual([3, 2, 3]);
});

it('counts over the batches of a run, and refuses a batch that would be too much', async () => {
  playbook({ serial: 1 });
  file('virtune.policy.yml', rules({ name: 'few at once', in_one_run: { hosts: 2 } }));
  const ran = await run();
  expect([ran.code, execs()]).toEqual([5, [2, 2, 1]]);
  expect(ran.stdout).toContain('the run would change 3 hosts, more than 2');
});

it.each([
  [[], { CI: 'true' }, 5],
  [['--yes'], { CI: 'true' }, 0],
  [['--confirm', 'mind it'], {}, 0],
  [['--confirm', 'mind'], {}, 1],
  [['--check'], {}, 2],
])('asks for a confirmation: %j in %j ends with %i', async (args, env, code) => {
  playbook();
  const policy = file('p.yml', rules({ name: 'mind it', effect: 'confirm', hosts: 'a' }));
  const ran = await virtune(['run', join(dir, 'limits.yml'), '-i', sim.inventory, ...args], {
    VIRTUNE_POLICY: policy,
    ...env,
  });
  expect([ran.code, ran.stderr], ran.stdout).toEqual([code, expect.any(String)]);
});

it('guards set and rollback as it guards run, and what only looks is free', async () => {
  const policy = file('p.yml', rules({ name: 'nobody', not_by: { user: 'nobody-of-that-name' } }));
  const env = { VIRTUNE_POLICY: policy };
  const set = await virtune(['set', 'a', 'sim', '-i', sim.inventory, '--nic', '1', '--rate', '1Mbit/s'], env);
  expect([set.code, set.stderr]).toEqual([5, expect.any(String)]);
  expect(set.stdout.replaceAll(/\s+/g, ' ')).toMatch(
    /policy rule "nobody" \(.*p\.yml:1\): the run is by user root/,
  );
  playbook();
  const state = ['--state-dir', dir];
  expect((await run(...state)).code).toBe(0);
  const back = await virtune(['rollback', 'last', '-i', sim.inventory, ...state], env);
  expect([back.code, back.stdout]).toEqual([5, expect.stringContaining('policy rule "nobody"')]);
  expect((await virtune(['show', '-i', sim.inventory], env)).code).toBe(0);
});

it('tells everything that is wrong before a host is contacted', async () => {
  playbook();
  file(
    'virtune.policy.yml',
    'rules:\n- { name: x, hosts: nowhere }\n- { name: y, during: { from: "1:00" } }\n',
  );
  const ran = await run();
  expect([ran.code, execs()]).toEqual([1, [0, 0, 0]]);
  expect(ran.stderr).toContain('virtune.policy.yml:2:21: error: no host or group matches "nowhere"');
  expect(ran.stderr).toContain('"during" lacks the key "zone"');
  const missing = await run('--policy', join(dir, 'policy.yml'));
  expect(missing.code).toBe(1);
  expect(missing.stderr).toContain(`the policy ${join(dir, 'policy.yml')} does not exist`);
  const valid = await virtune(['validate', join(dir, 'limits.yml'), '-i', sim.inventory]);
  expect(valid.code).toBe(1);
});

it('guards a saved plan when it is made and when it is applied, and is tested against it', async () => {
  playbook();
  const plan = join(dir, 'limits.plan');
  const make = (name: string, env: NodeJS.ProcessEnv) =>
    virtune(['plan', join(dir, 'limits.yml'), '-i', sim.inventory, '-o', join(dir, name)], env);
  const policy = file('p.yml', rules({ name: 'not b', hosts: 'b' }));
  expect((await make('refused.plan', { VIRTUNE_POLICY: policy })).code).toBe(5);
  expect((await make('limits.plan', {})).code).toBe(2);
  const expected = [{ host: 'b', verdict: 'deny' }];
  const cases = file('cases.yml', {
    policy: 'p.yml',
    cases: [{ name: 'c', changes: 'limits.plan', expect: expected }],
  });
  expect((await virtune(['policy', 'test', cases, '-i', sim.inventory])).code).toBe(0);
  const applied = await virtune(['apply', plan, '--state-dir', dir], { VIRTUNE_POLICY: policy });
  expect([applied.code, applied.stdout]).toEqual([5, expect.stringContaining('policy rule "not b"')]);
});

it('is tested against the report of a check', async () => {
  playbook();
  const report = join(dir, 'report.json');
  expect((await run('--check', '--report', `json=${report}`)).code).toBe(2);
  const rule = {
    name: 'not so fast',
    hosts: 'a',
    limits: { nic_limits: { 'inbound.average': { highest: '50 Mbit/s' } } },
  };
  file('p.yml', rules(rule));
  const test = (verdict: string) => {
    const expected = [{ host: 'a', verdict, rule: 'not so fast' }];
    const cases = file('cases.yml', {
      policy: 'p.yml',
      cases: [{ name: 'as it is', changes: 'report.json', expect: expected }],
    });
    return virtune(['policy', 'test', cases, '-i', sim.inventory]);
  };
  expect(await test('deny')).toMatchObject({ code: 0, stdout: '1 case: all hold\n' });
  const wrong = await test('warn');
  expect(wrong.code).toBe(1);
  expect(wrong.stderr).toContain(
    'sim nic 1 on a: expected warn by "not so fast", found deny by "not so fast"',
  );
});

it('writes nothing to a real VM that it refuses, and the others as ever', async () => {
  const HOST = 'hv02';
  await removeGuests(HOST, 'policy-');
  const nova = (project: string) =>
    `<nova:instance xmlns:nova="http://openstack.org/xmlns/libvirt/nova/1.1"><nova:name>n</nova:name><nova:owner><nova:project uuid="p">${project}</nova:project></nova:owner></nova:instance>`;
  const define = (name: string, mac: string, ...more: string[]) =>
    guest(HOST, name, '--nic', bridgeNic(mac), ...more);
  const uuids = [
    await define('policy-prod', '52:54:00:90:00:01', '--metadata-xml', nova('prod')),
    await define('policy-test', '52:54:00:90:00:02', '--metadata-xml', nova('test')),
    await define('policy-none', '52:54:00:90:00:03'),
  ];
  const written = write({ rules: [{ domain: 'policy-*', inbound: 800 }] }, { hosts: HOST });
  writeFileSync(
    join(written.dir, 'virtune.policy.yml'),
    JSON.stringify(
      rules(
        { name: 'production', match: { nova: { project: 'prod' } } },
        {
          name: 'not so fast',
          domain: 'policy-none',
          limits: { nic_limits: { '*.average': { highest: '1 Mbit/s' } } },
        },
      ),
    ),
  );
  const played = await play(written);
  expect(played.code).toBe(5);
  expect(played.report).toMatchObject({ run: { policies: [join(written.dir, 'virtune.policy.yml')] } });
  const byName = new Map(played.nics.map((nic) => [nic.domain.name, nic]));
  expect(byName.get('policy-prod')).toMatchObject({
    status: 'refused',
    domain: { nova: { project: { name: 'prod', uuid: 'p' } } },
    reason: expect.stringContaining('policy rule "production"'),
  });
  expect(byName.get('policy-none')).toMatchObject({ status: 'refused', domain: { nova: null } });
  expect(byName.get('policy-test')?.status).toBe('changed');
  const averages = uuids.map(async (uuid) =>
    Promise.all(['', '--inactive'].map((flag) => bandwidth(HOST, uuid, ...(flag === '' ? [] : [flag])))),
  );
  const limit = `<inbound average='800'/>`;
  expect(await Promise.all(averages)).toEqual([
    [[''], ['']],
    [[limit], [limit]],
    [[''], ['']],
  ]);
  await removeGuests(HOST, 'policy-');
});
