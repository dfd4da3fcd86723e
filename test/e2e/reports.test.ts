import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { REPORTERS } from '../../src/reporters/index.ts';
import { misfits } from '../schema_of.ts';
import { type Simulated, simulate, startVirtune, virtune, write } from './lab.ts';

/** Reports in all formats, by whole runs over simulated hosts. What is in them the unit tests hold to each format. */

let sim: Simulated;
let playbook: string;
let dir: string;

beforeAll(async () => {
  sim = await simulate(['a', 'b']);
  playbook = write({ rules: [{ name: 'slow', domain: 'sim', inbound: 100 }] }, { hosts: 'all' }).playbook;
  dir = mkdtempSync(join(tmpdir(), 'virtune-reports-'));
});
afterAll(() => sim.close());

const check = (args: readonly string[], env: NodeJS.ProcessEnv = {}) =>
  virtune(['run', playbook, '-i', sim.inventory, '--check', ...args], env);

describe('reports', () => {
  it('are written in every format at once, each to its file', async () => {
    const formats = Object.keys(REPORTERS);
    const file = (format: string) => join(dir, `all.${format}`);
    const ran = await check(formats.flatMap((format) => ['--report', `${format}=${file(format)}`]));
    expect(ran.code, ran.stderr).toBe(2);
    for (const format of formats) expect(readFileSync(file(format), 'utf8'), format).not.toBe('');
  });

  it('tell events as they happen', async () => {
    const { stdout, code } = await check(['--report', 'ndjson']);
    const events = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as { event: string; at: string; exitCode?: number });
    const kinds = events.map(({ event }) => event);
    expect([kinds[0], kinds[1], kinds.at(-1)]).toEqual(['run_started', 'play_started', 'run_ended']);
    expect(kinds.filter((kind) => kind === 'host_started')).toHaveLength(2);
    expect(kinds.filter((kind) => kind === 'host_done')).toHaveLength(2);
    expect(events.map(({ at }) => at)).toEqual(events.map(({ at }) => at).toSorted());
    expect(events.at(-1)?.exitCode).toBe(code);
    expect(events.flatMap((event) => misfits('events', event))).toEqual([]);
  });

  it('that are lost are named, and the others are written', async () => {
    const other = join(dir, 'other.json');
    for (const format of ['ndjson', 'junit']) {
      const ran = await check(['--report', `${format}=/dev/full`, '--report', `json=${other}`]);
      expect(ran.code).toBe(1);
      expect(ran.stderr).toMatch(/the report \/dev\/full could not be written: (write )?ENOSPC/);
      expect(JSON.parse(readFileSync(other, 'utf8')).exitCode).toBe(2);
    }
  });
});

describe('validate', () => {
  const validate = (rules: object, formats: readonly string[], ...more: string[]) => {
    const { playbook, dir: root } = write(rules, { hosts: 'all' });
    const out = (format: string) => join(root, `out.${format}`);
    const reports = formats.flatMap((format) => ['--report', `${format}=${out(format)}`]);
    const env = { GITHUB_WORKSPACE: root, GITHUB_STEP_SUMMARY: join(root, 'summary') };
    return virtune(['validate', playbook, '-i', sim.inventory, ...reports, ...more], env).then((ran) => ({
      ...ran,
      read: (format: string) => readFileSync(out(format), 'utf8'),
      summary: () => readFileSync(env.GITHUB_STEP_SUMMARY, 'utf8'),
    }));
  };
  const WRONG = {
    rules: [
      { domain: '::error::<x>', inbound: 'fast' },
      { domain: 'b', inbound: 'fast' },
    ],
  };
  const ODD = { rules: [{ domain: 'sim', inbound: { average: 2000, peak: 1000 } }] };

  it('reports errors on their lines in each of its formats, and ends with 1', async () => {
    const ran = await validate(WRONG, ['json', 'sarif', 'gitlab', 'github', 'junit']);
    expect([ran.code, ran.stdout]).toEqual([1, '']);
    const own = JSON.parse(ran.read('json'));
    expect(own).toMatchObject({ schema: 'virtune.validate/1', valid: false, exitCode: 1 });
    expect(misfits('validate', own)).toEqual([]);
    const errors = own.diagnostics.filter((one: { severity: string }) => one.severity === 'error');
    const lines = errors.map((one: { place: { line: number } }) => one.place.line);
    expect(lines).toHaveLength(2);
    const [run] = JSON.parse(ran.read('sarif')).runs;
    for (const [index, { ruleId, level, locations }] of run.results.entries()) {
      const { artifactLocation, region } = locations[0].physicalLocation;
      expect([ruleId, level, artifactLocation.uri]).toEqual(['invalid', 'error', 'play.yml']);
      expect(region.startLine).toBe(lines[index]);
    }
    const entries = JSON.parse(ran.read('gitlab'));
    expect(entries.map((one: { location: object }) => one.location)).toEqual(
      lines.map((begin: number) => ({ path: 'play.yml', lines: { begin } })),
    );
    // The same mistake on two lines is two findings.
    expect(new Set(entries.map((one: { fingerprint: string }) => one.fingerprint)).size).toBe(2);
    expect(ran.read('github')).toMatch(
      /^(::error file=play\.yml,line=\d+,col=\d+,title=virtune%3A invalid::.*\n){2}$/,
    );
    expect(ran.summary()).toMatch(/^### virtune: 2 errors in files\n/);
    expect(ran.read('junit')).toMatch(/<testsuite name="rules" tests="2" failures="0" errors="2"/);
  });

  it('reports warnings, which fail it strictly, and says what is valid beside a report on standard output', async () => {
    const odd = await validate(ODD, ['sarif']);
    expect([odd.code, JSON.parse(odd.read('sarif')).runs[0].results]).toMatchObject([
      0,
      [{ level: 'warning' }],
    ]);
    const strict = await validate(ODD, ['json'], '--strict');
    expect(misfits('validate', JSON.parse(strict.read('json')))).toEqual([]);
    expect([strict.code, JSON.parse(strict.read('json'))]).toMatchObject([1, { valid: false, exitCode: 1 }]);
    expect(strict.stderr).toContain('which --strict counts as an error');
    const right = await validate(
      { rules: [{ domain: 'sim', inbound: '1 Mbit/s' }] },
      [],
      '--report',
      'gitlab',
    );
    expect([right.code, right.stdout, right.stderr]).toEqual([
      0,
      '[]\n',
      expect.stringContaining('valid: 1 playbook'),
    ]);
  });

  it('has no report about hosts', async () => {
    const ran = await validate(WRONG, ['prometheus']);
    expect([ran.code, ran.stderr]).toEqual([1, expect.stringContaining('validate has no prometheus report')]);
  });
});

describe('bad input', () => {
  it('is told before any host is contacted', async () => {
    const old = join(dir, 'old-baseline.json');
    writeFileSync(old, '{"schema":"virtune.report/1"}');
    const waivers = join(dir, 'waivers.yml');
    writeFileSync(waivers, 'waivers: [{ host: a, owner: ops, reason: known }]\n');
    const wrong: readonly (readonly [readonly string[], RegExp])[] = [
      [['--report', 'jsno=x'], /there is no report format "jsno"/],
      [['--report', 'json='], /--report json= has no file name/],
      [['--report', `json=${dir}`], /cannot be written: it is a folder/],
      [['--report', `json=${dir}/none/x.json`], /cannot be written: there is no folder .*none/],
      [['--report', 'json=/proc/x.json'], /the report \/proc\/x\.json cannot be written: /],
      [['--report', `json=${dir}/x`, '--report', `html=${dir}/./x`], /two reports cannot both go to /],
      [['--report', 'json', '--report', 'html'], /two reports cannot both be all that standard output/],
      [['--baseline', old], /old-baseline\.json is of another schema: "virtune\.report\/1"/],
      [['--waivers', waivers], /waivers\.yml.*(expires|until|expiry)/],
    ];
    for (const [args, message] of wrong) {
      // Nothing listens there: had it been contacted, that would be told, with 4.
      const ran = await virtune(['run', playbook, '-i', sim.inventory, '-e', 'ansible_port=1', ...args]);
      expect([args, ran.code, ran.stdout]).toEqual([args, 1, '']);
      expect(ran.stderr).toMatch(message);
      expect(ran.stderr).not.toMatch(/unreachable|ECONNREFUSED/);
    }
  });

  const isRoot = process.getuid?.() === 0;
  it.skipIf(!isRoot)('a disk that fills up loses that report whole, and nothing else', async () => {
    const small = join(dir, 'small');
    mkdirSync(small);
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=4k', 'virtune-test', small]);
    try {
      const other = join(dir, 'beside.json');
      const ran = await check(['--report', `html=${small}/a.html`, '--report', `json=${other}`]);
      expect(ran.code).toBe(1);
      expect(ran.stderr).toMatch(/small\/a\.html could not be written: ENOSPC/);
      expect(ran.stderr).toContain('the run itself is over');
      expect(ran.stdout).toMatch(/would change/);
      expect(readdirSync(small)).toEqual([]);
      expect(JSON.parse(readFileSync(other, 'utf8')).exitCode).toBe(2);
    } finally {
      execFileSync('umount', [small]);
    }
  });
});

describe('commands that are no runs', () => {
  it('have the formats that make sense for them, and name them where another is asked for', async () => {
    const file = (name: string) => join(dir, name);
    const written = (args: readonly string[], formats: readonly string[]) =>
      virtune([
        ...args,
        ...['-i', sim.inventory],
        ...formats.flatMap((format) => ['--report', `${format}=${file(`${args[0]}.${format}`)}`]),
      ]);
    const knobs = ['a', 'b'].map((name) => sim.server(name).host.knobs);
    for (const one of knobs) one.libvirtd = 'down';
    const doctor = await written(['doctor'], ['json', 'junit', 'markdown', 'html']);
    for (const one of knobs) one.libvirtd = 'up';
    expect(doctor.code, doctor.stderr).toBe(3);
    expect(readFileSync(file('doctor.junit'), 'utf8')).toMatch(/tests="2" failures="0" errors="2"/);
    expect(readFileSync(file('doctor.markdown'), 'utf8')).toMatch(
      /^### virtune: 2 failed .*may read: failed to connect /s,
    );
    expect(readFileSync(file('doctor.html'), 'utf8')).toContain('may read: failed to connect ');
    const show = await written(['show'], ['json', 'ndjson', 'markdown', 'html', 'prometheus']);
    expect(show.code, show.stderr).toBe(0);
    expect(readFileSync(file('show.prometheus'), 'utf8')).toMatch(
      /^virtune_resources\{kind="nic",status="unmanaged"\} 2$/m,
    );
    expect(readFileSync(file('show.html'), 'utf8')).toContain('not managed');
    for (const command of ['doctor', 'show', 'explain']) {
      const other = await virtune([
        command,
        ...(command === 'explain' ? ['a', 'sim'] : []),
        '--report',
        'sarif',
      ]);
      expect([other.code, other.stderr]).toEqual([
        1,
        expect.stringMatching(new RegExp(`${command} has no sarif report\\n.*formats: json`)),
      ]);
    }
  });
});

describe('notifications', () => {
  it('tell of a run, and never fail it; the address is no part of any report', async () => {
    const bodies: string[] = [];
    const server = createServer((request, response) => {
      request.setEncoding('utf8').on('data', (text: string) => bodies.push(text));
      request.on('end', () => response.writeHead(404).end());
    });
    await new Promise<void>((done) => void server.listen(0, '127.0.0.1', done));
    const { port } = server.address() as AddressInfo;
    const report = join(dir, 'notified.json');
    const url = `http://127.0.0.1:${port}/services/hunter2`;
    const ran = await check(['--notify', `slack=${url}`, '--notify', url, '--report', `json=${report}`]);
    const quiet = await check(['--notify', url, '--notify-on', 'trouble']);
    server.close();
    expect([ran.code, quiet.code, bodies.length]).toEqual([2, 2, 2]);
    const own = bodies.filter((body) => body.includes('"schema"'));
    expect(own.map((body) => misfits('notification', JSON.parse(body)))).toEqual([[]]);
    expect(bodies.join()).toContain('2 would change (check mode), exit 2');
    expect(ran.stderr).toContain(`warning: 127.0.0.1:${port} was not notified: it answered with 404`);
    const all = `${ran.stdout}${ran.stderr}${bodies.join()}${readFileSync(report, 'utf8')}`;
    expect(all).not.toContain('hunter2');
  });
});

describe('in GitHub Actions', () => {
  it('annotates the lines of rules, and adds to the summary and the outputs of the step', async () => {
    const [summary, output] = [join(dir, 'summary.md'), join(dir, 'output')];
    writeFileSync(summary, 'before\n');
    const env = {
      CI: 'true',
      GITHUB_ACTIONS: 'true',
      GITHUB_STEP_SUMMARY: summary,
      GITHUB_OUTPUT: output,
      GITHUB_WORKSPACE: join(playbook, '..'),
    };
    const ran = await check(['--report', 'github'], env);
    expect(ran.code).toBe(2);
    expect(ran.stdout).toMatch(
      /^(::warning file=play\.yml,line=\d+,title=virtune%3A pending::[ab] sim nic 1: receives unlimited → 800 kbit\/s\n){2}$/,
    );
    expect(readFileSync(summary, 'utf8')).toMatch(/^before\n### virtune: 2 would change \(check mode\)\n/);
    expect(readFileSync(output, 'utf8')).toBe('exit-code=2\npending=2\nchanged=0\ntroubled-hosts=0\n');
  });

  it('writes nothing where the platform names no file', async () => {
    const ran = await check(['--report', 'github'], { GITHUB_STEP_SUMMARY: '', GITHUB_OUTPUT: '' });
    expect([ran.code, existsSync('undefined')]).toEqual([2, false]);
  });

  it('lets no name become a command of the log', async () => {
    const named = write(
      { rules: [{ name: '::error::owned', domain: 'sim', inbound: 100 }] },
      { hosts: 'all' },
    );
    const args = ['run', named.playbook, '-i', sim.inventory, '--check', '--diff'];
    const { stdout, stderr } = await virtune(args, { GITHUB_ACTIONS: 'true' });
    expect(stdout).toContain('error::owned');
    const folds = /^::(group::[ab]: would change \(1 NIC to change\) \d+\.\d s|endgroup::)$/gm;
    expect(stdout.match(folds)).toHaveLength(4);
    expect(`${stdout.replaceAll(folds, '')}${stderr}`).not.toMatch(/^\s*::/m);
  });
});

describe('a report that is read again', () => {
  const from = (file: string, args: readonly string[] = []) => virtune(['report', file, ...args]);
  const file = (name: string) => join(dir, name);

  it('gives every format that the run gave, and what the run has shown', async () => {
    const formats = Object.keys(REPORTERS).filter((format) => format !== 'ndjson');
    const both = (name: string) =>
      formats.flatMap((format) => ['--report', `${format}=${file(`${name}.${format}`)}`]);
    const ran = await check([...both('run'), '--diff']);
    const read = await from(file('run.json'), both('read'));
    expect([read.code, read.stdout, read.stderr]).toEqual([0, '', '']);
    for (const format of formats)
      expect(readFileSync(file(`read.${format}`), 'utf8'), format).toBe(
        readFileSync(file(`run.${format}`), 'utf8'),
      );
    const shown = await from(file('run.json'), ['--diff']);
    expect(shown.code).toBe(0);
    const title = /^RUN \S+\.yml: \d hosts, check mode, begun 2\d+-\d\d-\d\d [\d:]{8} UTC\n\n/;
    expect(shown.stdout).toMatch(title);
    expect(ran.stdout.endsWith(`\n\n${shown.stdout.replace(title, '')}`)).toBe(true);
  });

  it('is an error where it is none, or would be written over', async () => {
    writeFileSync(file('old.json'), '{"schema":"virtune.report/1"}');
    for (const [name, args, message] of [
      ['old.json', [], /old\.json is of another schema: "virtune\.report\/1"/],
      ['gone.json', [], /the report \S+gone\.json does not exist/],
      ['.', [], /the report \S+ is a folder/],
      ['run.json', ['--report', 'x'], /there is no report format "x"/],
      [
        'run.json',
        ['--report', `junit=${file('.')}/run.json`],
        /run\.json is read: a report cannot go there/,
      ],
    ] as const) {
      const ran = await from(file(name), args);
      expect([ran.code, ran.stdout]).toEqual([1, '']);
      expect(ran.stderr).toMatch(message);
    }
    expect(JSON.parse(readFileSync(file('run.json'), 'utf8')).exitCode).toBe(2);
  });
});

describe('in CI', () => {
  const rules = [{ name: 'slow', domain: 'sim', inbound: 100 }];
  const args = () => ['run', write({ rules }, { hosts: 'all' }).playbook, '-i', sim.inventory, '--check'];

  it.each([
    [{ GITHUB_ACTIONS: 'true' }, /^::group::a: would change .*$/m, /^::endgroup::$/m],
    [
      { GITLAB_CI: 'true' },
      // biome-ignore lint/suspicious/noControlCharactersInRegex: GitLab's own
      /^\u001b\[0Ksection_start:\d+:\w+\[collapsed=true\]\r\u001b\[0Ka: would change .*$/m,
      // biome-ignore lint/suspicious/noControlCharactersInRegex: GitLab's own
      /^\u001b\[0Ksection_end:\d+:\w+\r\u001b\[0K$/m,
    ],
  ])('folds what is long, and neither the recap nor what failed, with %j', async (env, begin, end) => {
    const broken = { execs: [{ corrupt: () => 'sh: not here' }] };
    const own = await simulate(['a', 'bad'], { bad: broken });
    const { playbook } = write({ rules }, { hosts: 'all' });
    const run = ['run', playbook, '-i', own.inventory, '--check', '--diff'];
    const { stdout, code } = await virtune(run, { CI: 'true', ...env });
    await own.close();
    expect(code).toBe(3);
    const [before = '', inside = '', after = ''] = stdout.split(begin).flatMap((text) => text.split(end));
    expect([before, inside, after]).toEqual([
      expect.stringContaining('PLAY test'),
      expect.stringMatching(/sim nic 1.*\n[\s\S]*\$ .*domiftune/),
      expect.stringMatching(/^\nbad: failed[\s\S]*^hosts: +2 in all/m),
    ]);
  });

  it('asks nobody, and says what is missing', async () => {
    const env = { CI: 'true', SSH_ASKPASS: '' };
    for (const [option, missing] of [
      ['-k', /in CI \(CI is set\) nobody is asked for the SSH password[\s\S]*ansible_password/],
      ['-K', /nobody is asked for the become password[\s\S]*ansible_become_password/],
    ] as const) {
      const ran = await virtune([...args(), option], env);
      expect([ran.code, ran.stderr]).toEqual([1, expect.stringMatching(missing)]);
    }
  });
});

describe('shards', () => {
  const RULES = [
    { name: 'slow', domain: 'sim', inbound: 100, required: true },
    { name: 'gone', domain: 'gone-1', inbound: 100 },
  ];
  let fleet: Simulated;
  let rules: string;
  const COUNT = 3;
  const file = (index: number) => join(dir, `shard-${index}.json`);
  const merge = (indexes: readonly number[], args: readonly string[] = []) =>
    virtune(['report', 'merge', ...indexes.map(file), ...args]);

  beforeAll(async () => {
    fleet = await simulate(['c', 'd', 'e', 'f', 'g', 'h']);
    rules = write({ rules: RULES }, { hosts: 'all' }).playbook;
  });
  afterAll(() => fleet.close());

  it('are one report and one exit status, as of the whole run', async () => {
    const run = (args: readonly string[]) =>
      virtune(['run', rules, '-i', fleet.inventory, '--check', ...args]);
    for (const index of [1, 2, 3]) {
      const ran = await run(['--shard', `${index}/${COUNT}`, '--report', `json=${file(index)}`]);
      const hosts = JSON.parse(readFileSync(file(index), 'utf8')).hosts.length;
      // What a shard alone cannot tell is no error of it.
      expect(ran.code, ran.stderr + ran.stdout).toBe(hosts === 0 ? 0 : 2);
      expect(ran.stdout).toContain(`shard: ${index} of 3, with ${hosts} of the 6 hosts of the inventory;`);
      expect(ran.stdout).not.toContain('gone-1');
    }
    const whole = await run(['--report', `json=${join(dir, 'whole.json')}`]);
    const merged = await merge([2, 3, 1], ['--report', `json=${join(dir, 'merged.json')}`]);
    expect([merged.code, whole.code], merged.stderr).toEqual([1, 1]);
    expect(merged.stdout).toContain('no host has a VM "gone-1"');
    const seen = (name: string) => {
      const { hosts, summary, unmatchedRules, missingDomains, exitCode } = JSON.parse(
        readFileSync(join(dir, name), 'utf8'),
      );
      for (const host of hosts) delete host.durationMs;
      return { hosts, summary, unmatchedRules, missingDomains, exitCode };
    };
    expect(seen('merged.json')).toEqual(seen('whole.json'));
  });

  it('that are missing are named in every format', async () => {
    const junit = join(dir, 'merged.xml');
    const ran = await merge([1, 3], ['--report', `junit=${junit}`]);
    expect([ran.code, ran.stderr]).toEqual([1, '']);
    expect(ran.stdout).toContain('error: shard 2 of 3 is missing: ');
    expect(readFileSync(junit, 'utf8')).toContain('<error type="missing_shard"');
    const twice = await merge([1, 3, 1]);
    expect([twice.code, twice.stdout]).toEqual([1, '']);
    expect(twice.stderr).toContain('are both shard 1 of 3');
  });

  it.each(['0/3', '4/3', '3', 'a/b', '1/0', '-1/3', '1/99999'])('%s is an error', async (word) => {
    const ran = await virtune(['run', rules, '-i', fleet.inventory, `--shard=${word}`]);
    expect([ran.code, ran.stdout]).toEqual([1, '']);
    expect(ran.stderr).toContain('It must be a number of so many');
  });
});

describe('a baseline', () => {
  it('says of each difference why it is there', async () => {
    const own = await simulate(['a', 'b']);
    const rule = (inbound: number) => ({ name: 'slow', domain: 'sim', inbound });
    const file = join(dir, 'baseline.json');
    const { playbook } = write({ rules: [rule(100)] }, { hosts: 'all' });
    const applied = await virtune(['run', playbook, '-i', own.inventory, '--report', `json=${file}`]);
    expect(applied.code, applied.stderr).toBe(0);
    const byHand = await virtune([
      ...['set', 'a', 'sim', '--nic', '1', '--inbound', '50', '--apply-to', 'config', '-i', own.inventory],
    ]);
    expect(byHand.code, byHand.stderr).toBe(0);
    const check = (book: string, args: readonly string[] = []) =>
      virtune(['run', book, '-i', own.inventory, '--check', '--baseline', file, ...args]);
    const drifted = await check(playbook, [
      '--report',
      `json=${join(dir, 'drift.json')}`,
      '--report',
      `junit=${join(dir, 'drift.xml')}`,
    ]);
    expect(drifted.code, drifted.stderr).toBe(2);
    expect(drifted.stdout).toContain('why: changed by hand: persistent');
    expect(readFileSync(join(dir, 'drift.xml'), 'utf8')).toContain('(changed by hand: persistent)');
    const [a] = JSON.parse(readFileSync(join(dir, 'drift.json'), 'utf8')).hosts;
    expect(a.resources[0].cause).toMatchObject({ kind: 'changedByHand', states: ['config'] });
    // Later, of the two reports alone, and of shards that are put together.
    const again = await virtune(['report', join(dir, 'drift.json'), '--baseline', file, '--diff']);
    expect([again.code, again.stdout]).toEqual([
      0,
      expect.stringContaining('why: changed by hand: persistent'),
    ]);
    const parts = [1, 2].map((part) => join(dir, `why-${part}.json`));
    for (const [index, part] of parts.entries())
      await check(playbook, ['--shard', `${index + 1}/2`, '--report', `json=${part}`]);
    const merged = await virtune(['report', 'merge', ...parts, '--baseline', file]);
    expect([merged.code, merged.stdout]).toEqual([
      2,
      expect.stringContaining('why: changed by hand: persistent'),
    ]);
    const other = write({ rules: [rule(200)] }, { hosts: 'b' });
    expect((await check(other.playbook)).stdout).toMatch(
      /why: declared anew: rule "slow" \(.*play\.yml:\d+\)/,
    );
    const given = (text: string) => {
      const path = join(mkdtempSync(join(dir, 'given-')), 'baseline.json');
      writeFileSync(path, text);
      return path;
    };
    for (const [args, message] of [
      [['--report', `json=${file}`], /baseline\.json is read: a report cannot go there/],
      [['--baseline', join(dir, 'none.json')], /the report \S+none\.json does not exist/],
      [['--baseline', dir], /the report \S+ is a folder/],
      [['--baseline', given('{')], /is no JSON/],
      [['--baseline', given(`{"schema":"virtune.plan/1"}`)], /is not whole: its end is missing/],
      [['--baseline', given('{"schema":"virtune.report/3"}')], /is of another schema: "virtune\.report\/3"/],
      [['--baseline', given('{"schema":"virtune.report/2"}')], /is not a whole report of this version/],
      [['--baseline', given('[]')], /is no report/],
    ] as const) {
      const refused = await check(playbook, args);
      expect([refused.code, refused.stdout]).toEqual([1, '']);
      expect(refused.stderr).toMatch(message);
    }
    await own.close();
  });
});

describe('waivers', () => {
  const waivers = (text: string) => {
    const file = join(mkdtempSync(join(dir, 'waivers-')), 'waivers.yml');
    writeFileSync(file, text);
    return file;
  };
  const good = '{ owner: ops, reason: x, until: 2999-12-31, hosts: a }';

  it('leave what they cover out of the exit status', async () => {
    const [part, all] = [good, good.replace('hosts: a', 'hosts: all')].map((one) =>
      waivers(`waivers: [${one}]`),
    );
    expect((await check(['--waivers', part ?? ''])).code).toBe(2);
    const ran = await check(['--waivers', all ?? '']);
    expect(ran.code, ran.stderr).toBe(0);
    expect(ran.stdout).toContain('waived by ops until 2999-12-31: x');
    const [old, lost] = ['until: 2020-01-01, hosts: a', 'until: 2999-12-31, hosts: none'].map((one) =>
      waivers(`waivers: [{ owner: ops, reason: x, ${one} }]`),
    );
    const warned = await check(['--waivers', lost ?? '']);
    expect([warned.code, warned.stderr]).toEqual([2, expect.stringContaining('waivers.yml:1:11: warning: ')]);
    const strict = await check(['--waivers', old ?? '', '--strict']);
    expect([strict.code, strict.stdout]).toEqual([1, '']);
    expect(strict.stderr).toContain('has expired');
    expect((await check(['--waivers', old ?? '', '--fail-on', 'warnings'])).code).toBe(1);
  });

  it.each([
    ['without an end', 'waivers:\n  - { owner: x, reason: x, hosts: a }', /waivers\.yml:2:5: error: .*until/],
    [
      'of no time',
      `waivers:\n  - ${good.replace('2999-12-31', 'soon')}`,
      /waivers\.yml:2:\d+: error: "soon" is no time/,
    ],
    ['that are no YAML', 'waivers: [', /waivers\.yml:\d+:\d+: error: /],
  ])('%s are an error before any host is contacted', async (_, text, message) => {
    const ran = await check(['--waivers', waivers(text)]);
    expect([ran.code, ran.stdout]).toEqual([1, '']);
    expect(ran.stderr).toMatch(message);
  });

  it('are a file, and no report goes there', async () => {
    for (const [args, message] of [
      [['--waivers', join(dir, 'none.yml')], /none\.yml/],
      [['--waivers', dir], /folder/],
      [['--waivers', `${dir}/w.yml`, '--report', `json=${dir}/w.yml`], /is read: a report cannot go there/],
    ] as const) {
      const ran = await check(args);
      expect([ran.code, ran.stdout]).toEqual([1, '']);
      expect(ran.stderr).toMatch(message);
    }
  });

  it('hold in a watch, and in what validate takes', async () => {
    const own = await simulate(['a', 'b']);
    const file = waivers('waivers: [{ owner: ops, reason: x, until: 2999-12-31, hosts: a }]');
    const state = mkdtempSync(join(dir, 'state-'));
    const all = [playbook, '-i', own.inventory, '--waivers', file];
    const watch = startVirtune(['watch', ...all, '--state-dir', state]);
    let said = '';
    watch.child.stdout?.on('data', (text: string) => {
      said += text;
    });
    await expect
      .poll(() => ['nic 1 waived', 'nic 1: '].every((word) => said.includes(word)), { timeout: 60_000 })
      .toBe(true);
    await watch.signal('SIGTERM');
    expect((await watch.ended).code).toBe(0);
    expect([own.limits('a'), own.limits('b')]).toEqual([null, expect.anything()]);
    const expired = waivers('waivers: [{ owner: ops, reason: x, until: 2020-01-01, hosts: a }]');
    const validate = (...args: string[]) => virtune(['validate', playbook, '-i', own.inventory, ...args]);
    expect((await validate('--waivers', file, '--strict')).code).toBe(0);
    const warned = await validate('--waivers', expired);
    expect([warned.code, warned.stderr]).toEqual([0, expect.stringContaining('has expired')]);
    expect((await validate('--waivers', expired, '--strict')).code).toBe(1);
    expect((await validate('--waivers', waivers('waivers: [{ owner: x }]'))).code).toBe(1);
    await own.close();
  });
});
