import { execFileSync, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import { MAIN, type Ran, run, type Simulated, simulate, write } from './lab.ts';

/** What is shipped for CI platforms, with the environment and the files that each of them documents. */

const ROOT = resolve(import.meta.dirname, '../..');
const text = (path: string) => readFileSync(join(ROOT, path), 'utf8');

let sim: Simulated;
let playbook: string;
let dir: string;

beforeAll(async () => {
  sim = await simulate(['a', 'b']);
  dir = mkdtempSync(join(tmpdir(), 'virtune-ci-'));
  playbook = write({ rules: [{ name: 'slow', domain: 'sim', inbound: 100 }] }, { hosts: 'all' }).playbook;
  mkdirSync(join(dir, 'bin'));
  writeFileSync(join(dir, 'bin/virtune'), `#!/bin/sh\nexec ${process.execPath} ${MAIN} "$@"\n`, {
    mode: 0o755,
  });
});
afterAll(() => sim.close());

describe('the action for GitHub', () => {
  interface Asked {
    readonly method: string;
    readonly url: string;
    readonly body: { body: string } | null;
    readonly token: string;
  }
  let api: Server;
  let asked: Asked[] = [];
  let comments: { id: number; body: string }[] = [];
  let refuses = false;

  beforeAll(async () => {
    api = createServer((request, response) => {
      let received = '';
      request.on('data', (piece) => {
        received += piece;
      });
      request.on('end', () => {
        const body = received === '' ? null : JSON.parse(received);
        const { method = '', url = '', headers } = request;
        asked.push({ method, url, body, token: headers.authorization ?? '' });
        if (method === 'POST') comments.push({ id: 100 + comments.length, ...body });
        response.statusCode = refuses ? 403 : 200;
        response.end(JSON.stringify(method === 'GET' ? comments : {}));
      });
    }).listen(0, '127.0.0.1');
    await once(api, 'listening');
  });
  afterAll(() => api.close());
  beforeEach(() => {
    asked = [];
    refuses = false;
  });

  function action(
    inputs: Record<string, string>,
    event: object = { pull_request: { number: 7 } },
  ): Promise<Ran & { readonly output: string }> {
    const work = mkdtempSync(join(dir, 'github-'));
    const files = {
      event: join(work, 'event.json'),
      output: join(work, 'output'),
      summary: join(work, 'summary'),
    };
    writeFileSync(files.event, JSON.stringify(event));
    return run(process.execPath, [join(ROOT, 'ci/github.mjs')], {
      CI: 'true',
      GITHUB_ACTIONS: 'true',
      GITHUB_API_URL: `http://127.0.0.1:${(api.address() as AddressInfo).port}`,
      GITHUB_EVENT_PATH: files.event,
      GITHUB_OUTPUT: files.output,
      GITHUB_REPOSITORY: 'org/fleet',
      GITHUB_STEP_SUMMARY: files.summary,
      RUNNER_TEMP: work,
      VIRTUNE_PLAYBOOK: playbook,
      VIRTUNE_INVENTORY: sim.inventory,
      VIRTUNE_MODE: 'check',
      VIRTUNE_ARGUMENTS: '',
      VIRTUNE_FAIL_ON_DRIFT: 'false',
      VIRTUNE_NAME: 'fleet',
      VIRTUNE_COMMENT: 'true',
      VIRTUNE_GITHUB_TOKEN: 'secret-token',
      ...inputs,
    }).then((ran) => ({ ...ran, output: files.output }));
  }

  it('hands every input on as a variable, and every variable is read by the script', () => {
    const { inputs, runs } = parse(text('action.yml'));
    const { env } = runs.steps.find(({ id }: { id?: string }) => id === 'run');
    expect(Object.values(env).map((one) => /inputs\.([\w-]+)/.exec(String(one))?.[1])).toEqual(
      Object.keys(inputs),
    );
    const script = text('ci/github.mjs');
    for (const name of Object.keys(env)) expect(script).toContain(`env.${name}`);
    // An input within a script would be program text.
    for (const step of runs.steps) expect(step.run ?? '').not.toContain('${{');
  });

  const validate = (file: string) =>
    spawnSync('node_modules/.bin/action-validator', [file], { cwd: ROOT, encoding: 'utf8' });

  it.each(['action.yml', 'docs/ci/github-review.yml', 'docs/ci/github-nightly.yml'])(
    '%s is what GitHub takes',
    (file) => {
      const { status, stdout, stderr } = validate(file);
      expect([status, stdout, stderr]).toEqual([0, '', '']);
      const broken = join(dir, 'action.yml');
      writeFileSync(broken, 'name: x\nruns: { using: composite, steps: [{ run: x }] }\n');
      expect(validate(broken).status).not.toBe(0);
      if (file === 'action.yml') return;
      const { inputs } = parse(text('action.yml'));
      const { steps } = parse(text(file)).jobs.virtune;
      const given = steps.find(({ uses = '' }: { uses?: string }) => uses.startsWith('virtune/')).with;
      expect(Object.keys(inputs)).toEqual(expect.arrayContaining(Object.keys(given)));
    },
  );

  it('checks, annotates, keeps its reports, and comments once, then updates its comment', async () => {
    comments = [{ id: 1, body: 'looks good' }];
    const ran = await action({});
    expect(ran.code, ran.stderr).toBe(0);
    expect(ran.stdout).toMatch(/^::warning .*title=virtune%3A pending::a sim nic 1: /m);
    expect(asked.map(({ method, url }) => `${method} ${url}`)).toEqual([
      'GET /repos/org/fleet/issues/7/comments?per_page=100&page=1',
      'POST /repos/org/fleet/issues/7/comments',
    ]);
    expect(asked[1]?.body?.body).toMatch(
      /^<!-- virtune:fleet -->\n### virtune: 2 would change \(check mode\)\n/,
    );
    expect(asked[0]?.token).toBe('Bearer secret-token');
    asked = [];
    await action({});
    expect(asked.at(-1)).toMatchObject({ method: 'PATCH', url: '/repos/org/fleet/issues/comments/101' });
    expect(comments).toHaveLength(2);
    // Another fleet has a comment of its own.
    asked = [];
    await action({ VIRTUNE_NAME: 'other' });
    expect(asked.at(-1)?.method).toBe('POST');
  });

  it('says why something differs by the report of the run before, and leaves what is waived', async () => {
    const work = mkdtempSync(join(dir, 'baseline-'));
    const baseline = join(work, 'baseline.json');
    const inputs = { VIRTUNE_BASELINE: baseline, VIRTUNE_COMMENT: 'false' };
    const first = await action(inputs);
    expect(first.code, first.stderr).toBe(0);
    expect(first.stdout).toContain(`::notice::there is no baseline ${baseline} yet`);
    const [, reports = ''] = /^reports=(.*)$/m.exec(readFileSync(first.output, 'utf8')) ?? [];
    writeFileSync(baseline, readFileSync(join(reports, 'report.json')));
    const second = await action(inputs);
    expect(second.stdout).toMatch(/^::warning .*it differed in the baseline already/m);
    const waivers = join(work, 'waivers.yml');
    writeFileSync(waivers, 'waivers: [{ owner: ops, reason: x, until: 2999-12-31, hosts: all }]');
    const third = await action({ ...inputs, VIRTUNE_WAIVERS: waivers, VIRTUNE_FAIL_ON_DRIFT: 'true' });
    expect(third.code, third.stderr).toBe(0);
    expect(third.stdout).not.toMatch(/^::warning /m);
  });

  it('fails on drift where asked, and says nothing elsewhere than on a pull request', async () => {
    const ran = await action({ VIRTUNE_FAIL_ON_DRIFT: 'true' }, { ref: 'refs/heads/main' });
    expect([ran.code, asked]).toEqual([2, []]);
  });

  it('does not fail for a comment that is refused', async () => {
    refuses = true;
    const ran = await action({});
    expect(ran.code).toBe(0);
    expect(ran.stdout).toMatch(/^::warning::no comment: GET .*: 403$/m);
    expect(`${ran.stdout}${ran.stderr}`).not.toContain('secret-token');
  });

  it('takes the key into an agent, and leaves neither key nor agent behind', async () => {
    const { ansible_ssh_private_key_file: file } = sim.vars('a') as { ansible_ssh_private_key_file: string };
    const key = readFileSync(file, 'utf8');
    const bare = join(dir, 'bare.yml');
    const { ansible_ssh_private_key_file: _, virtune_known_hosts_file: known, ...vars } = sim.vars('a');
    writeFileSync(bare, JSON.stringify({ all: { hosts: { a: vars } } }));
    const ran = await action({
      VIRTUNE_INVENTORY: bare,
      VIRTUNE_SSH_PRIVATE_KEY: key.trimEnd(),
      VIRTUNE_KNOWN_HOSTS: readFileSync(String(known), 'utf8'),
      VIRTUNE_COMMENT: 'false',
    });
    expect(ran.code, `${ran.stdout}${ran.stderr}`).toBe(0);
    expect(ran.stdout).toContain('a sim nic 1');
    expect(spawnSync('grep', ['-rlF', key.split('\n')[2] ?? '-', dir]).stdout.toString()).toBe('');
    expect(spawnSync('pgrep', ['-f', `ssh-agent -D -a ${dir}`]).stdout.toString()).toBe('');
  });

  it.each([
    ['a name', { VIRTUNE_NAME: 'a/../b' }, /::error::the name "a\/\.\.\/b" may have letters/],
    ['a mode', { VIRTUNE_MODE: 'destroy' }, /::error::mode must be check or apply/],
    ['no playbook', { VIRTUNE_PLAYBOOK: ' \n' }, /::error::playbook is missing/],
    ['a key', { VIRTUNE_SSH_PRIVATE_KEY: 'no key' }, /::error::the key was not taken/],
  ])('refuses %s that cannot be', async (_, inputs, said) => {
    const ran = await action(inputs);
    expect(ran.code).toBe(1);
    expect(ran.stdout).toMatch(said);
  });

  it('applies', async () => {
    const ran = await action({
      VIRTUNE_MODE: 'apply',
      VIRTUNE_COMMENT: 'false',
      VIRTUNE_ARGUMENTS: '--limit=a\n',
    });
    expect(ran.code, ran.stderr).toBe(0);
    expect(sim.limits('a')).not.toEqual(sim.limits('b'));
  });
});

describe('the component for GitLab', () => {
  const [header, job] = parseAllDocuments(text('templates/virtune.yml')).map((one) => one.toJS()) as [
    { spec: { inputs: Record<string, { default?: string }> } },
    Record<
      string,
      {
        script: string[];
        variables: Record<string, string>;
        artifacts: { reports: object; paths: string[] };
        after_script: string[];
        allow_failure: { exit_codes: number[] };
        cache: { paths: string[] };
      }
    >,
  ];
  const only = Object.values(job)[0]!;

  const filled = (value: string, inputs: Record<string, string>) =>
    value.replaceAll(
      /\$\[\[ inputs\.([\w-]+) \]\]/g,
      (_, name: string) => inputs[name] ?? header.spec.inputs[name]?.default ?? '',
    );

  function component(inputs: Record<string, string>, work: string): Promise<Ran> {
    const variables = Object.entries(only.variables).map(([key, value]) => [key, filled(value, inputs)]);
    return run('bash', ['-c', `cd ${work} && set -eo pipefail; ${only.script.join('\n')}`], {
      CI: 'true',
      GITLAB_CI: 'true',
      CI_PROJECT_DIR: work,
      PATH: `${join(dir, 'bin')}:${process.env.PATH}`,
      ...Object.fromEntries(variables),
    });
  }

  it('uses inputs in variables and names only, since in a script they would be program text', () => {
    for (const line of only.script) expect(line).not.toContain('$[[');
  });

  it('writes the reports that it declares, and ends with the status of virtune', async () => {
    const work = mkdtempSync(join(dir, 'gitlab-'));
    const ran = await component({ playbook, inventory: sim.inventory, mode: 'check' }, work);
    expect(ran.code, ran.stderr).toBe(2);
    for (const file of [...Object.values(only.artifacts.reports), ...only.artifacts.paths])
      expect(existsSync(join(work, String(file))), String(file)).toBe(true);
    expect(JSON.parse(readFileSync(join(work, 'virtune-counts.json'), 'utf8'))).toHaveProperty('create');
  });

  it('lets drift pass with a warning, unless it is to fail the job', async () => {
    const passes = only.allow_failure.exit_codes;
    for (const [fails, code] of [
      ['false', 2],
      ['true', 12],
    ] as const) {
      const work = mkdtempSync(join(dir, 'gitlab-'));
      const inputs = { playbook, inventory: sim.inventory, mode: 'check', 'fail-on-drift': fails };
      const ran = await component(inputs, work);
      expect([ran.code, passes.includes(ran.code ?? 0)], ran.stderr).toEqual([code, fails === 'false']);
    }
  });

  it('keeps its report as the baseline of the next run on its branch', async () => {
    const work = mkdtempSync(join(dir, 'gitlab-'));
    const inputs = { playbook, inventory: sim.inventory, mode: 'check', baseline: 'true' };
    const after = () =>
      execFileSync('bash', ['-ec', only.after_script.join('\n')], {
        cwd: work,
        env: { ...process.env, VIRTUNE_BASELINE: 'true' },
      });
    const first = await component(inputs, work);
    expect([first.code, first.stdout]).toEqual([2, expect.not.stringContaining('why: ')]);
    after();
    for (const path of only.cache.paths) expect(existsSync(join(work, path)), path).toBe(true);
    const second = await component(inputs, work);
    expect([second.code, second.stdout]).toEqual([
      2,
      expect.stringContaining('why: it differed in the baseline'),
    ]);
  });
});

describe('the samples', () => {
  it('for systemd are units that systemd takes', () => {
    if (spawnSync('systemd-analyze', ['--version']).error !== undefined) return;
    const units = [
      'docs/ci/virtune.service',
      'docs/ci/virtune.timer',
      'docs/ci/virtune-watch.service',
      'docs/ci/virtune-serve.service',
    ].map((path) => join(ROOT, path));
    const { stderr } = spawnSync('systemd-analyze', ['verify', '--man=no', ...units], { encoding: 'utf8' });
    expect(stderr.split('\n').filter((line) => line.includes('virtune.'))).toEqual([]);
  });

  it('for Jenkins run virtune with options that it has', () => {
    const [, command = ''] = /script: "(virtune [^\n]*)"\)/.exec(text('docs/ci/Jenkinsfile')) ?? [];
    const options = command.match(/--[a-z-]+/g) ?? [];
    const help = execFileSync(process.execPath, [MAIN, 'run', '--help'], { encoding: 'utf8' });
    expect(options.length).toBeGreaterThan(3);
    for (const option of options) expect(help).toContain(option);
  });
});
