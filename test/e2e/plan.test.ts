import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { SimLiveNic } from '../../src/sim/model.ts';
import { type Simulated, simulate, virtune } from './lab.ts';

/** Saved plans by the command line, over a simulated fleet. */
describe('a saved plan', () => {
  let sim: Simulated;
  let dir = '';
  let file = '';
  beforeEach(async () => {
    sim = await simulate(['hv1', 'hv2', 'hv3']);
    dir = mkdtempSync(join(tmpdir(), 'virtune-plan-'));
    file = join(dir, 'limits.plan');
  });
  afterEach(() => sim.close());

  const playbook = (rate: number, hosts = 'all') => {
    const path = join(dir, `p${rate}.yml`);
    const rules = [{ domain: 'sim', rate: `${rate} kB/s` }];
    writeFileSync(path, JSON.stringify([{ name: 'p', hosts, tasks: [{ nic_limits: { rules } }] }]));
    return path;
  };
  const state = () => ['--state-dir', join(dir, 'state')];
  const plan = (rate: number, ...args: string[]) =>
    virtune(['plan', playbook(rate), '-i', sim.inventory, '-o', file, ...args]);
  const apply = (...args: string[]) => virtune(['apply', file, ...state(), ...args]);
  const rates = () => ['hv1', 'hv2', 'hv3'].map((name) => sim.limits(name)?.inbound?.average ?? null);
  /** Somebody else's limit. */
  const other = (name: string, average: number) => {
    const [vm] = sim.server(name).host.domains;
    const limit = <N extends SimLiveNic>(nic: N): N => ({
      ...nic,
      bandwidth: { inbound: { average, peak: 0, burst: 0, floor: 0 }, outbound: null },
    });
    Object.assign(vm!, { live: vm!.live!.map(limit), config: (vm!.config as SimLiveNic[]).map(limit) });
  };

  it('makes just its changes, once, and leaves what has changed since', async () => {
    const planned = await plan(100);
    expect([planned.code, rates()]).toEqual([2, [null, null, null]]);
    expect(planned.stderr).toContain('3 changes on 3 hosts');
    expect(statSync(file).mode & 0o777).toBe(0o600);
    // The playbook says something else by now.
    playbook(100, 'none');
    other('hv2', 7);
    const tried = await apply('--check');
    expect([tried.code, rates()]).toEqual([6, [null, 7, null]]);
    const report = join(dir, 'report.json');
    const applied = await apply('--report', `json=${report}`, '--reason', 'CHG-1');
    expect([applied.code, rates()]).toEqual([6, [100, 7, 100]]);
    const stale = JSON.parse(readFileSync(report, 'utf8')).hosts[1].resources[0];
    expect([stale.status, stale.reason]).toEqual([
      'stale',
      'it was changed since: live: receives at most 56 kbit/s; persistent: receives at most 56 kbit/s',
    ]);
    const again = await apply();
    expect([again.code, again.stderr]).toEqual([
      1,
      expect.stringMatching(/was applied already: [\d-]{10} [\d:]{8} UTC by /),
    ]);
    const history = await virtune(['history', 'last', ...state()]);
    expect(history.stdout).toContain('CHG-1');
    expect((await virtune(['rollback', 'last', ...state()])).code).toBe(0);
    expect(rates()).toEqual([null, 7, null]);
  });

  it('is all or nothing with --strict, and in sync where its values are there already', async () => {
    await plan(100);
    other('hv2', 7);
    const strict = await apply('--strict');
    expect([strict.code, rates()]).toEqual([6, [null, 7, null]]);
    expect(strict.stdout).toContain(
      'nothing was written (--strict): 1 subject of the plan is not as the plan saw it',
    );
    sim.server('hv2').host.domains[0]!.live = sim.server('hv1').host.domains[0]!.live!;
    await plan(100);
    await virtune(['run', playbook(100), '-i', sim.inventory, ...state()]);
    expect((await apply()).code).toBe(0);
  });

  it('is shown and written again by virtune report', async () => {
    await plan(100);
    const shown = await virtune(['report', file]);
    expect([shown.code, shown.stdout]).toEqual([0, expect.stringContaining('3 in all: 3 to change')]);
    const markdown = await virtune(['report', file, '--report', 'markdown']);
    expect(markdown.stdout).toContain('hv2');
  });

  it('is refused before any contact where it is not as it was made, too late, or for other hosts', async () => {
    await plan(100);
    const whole = readFileSync(file, 'utf8');
    const before = sim.server('hv1').counts.connections;
    const refused = async (text: string, ...args: string[]) => {
      writeFileSync(file, text);
      const { code, stderr } = await apply(...args);
      expect(code).toBe(1);
      return stderr;
    };
    expect(await refused(whole.replace('"average": 100', '"average": 900'))).toContain(
      'was changed after it was made',
    );
    expect(await refused(whole.replace('"hosts"', '"hosts'))).toContain('was changed after it was made');
    expect(await refused(whole.slice(0, -100))).toContain('is not whole');
    expect(await refused(whole.slice(0, 30))).toContain('is not whole');
    expect(await refused(whole.replace('plan/1', 'plan/2'))).toContain('another version: "virtune.plan/2"');
    expect(await refused('{}')).toContain('is no saved plan');
    expect(await refused('')).toContain('is not whole');
    const inventory = join(dir, 'few.yml');
    writeFileSync(inventory, JSON.stringify({ all: { hosts: { hv1: sim.vars('hv1') } } }));
    expect(await refused(whole, '-i', inventory)).toMatch(
      /the inventory lacks \d hosts? that the plan is for: hv2/,
    );
    await plan(100, '--expires', '1m');
    const soon = readFileSync(file, 'utf8').replace(/("expiresAt":")[^"]+/, '$12020-01-01T00:00:00.000Z');
    const body = soon.slice(0, soon.lastIndexOf('\n', soon.length - 2) + 1);
    const sha256 = createHash('sha256').update(body).digest('hex');
    expect(await refused(`${body}{"sha256":"${sha256}"}\n`)).toMatch(
      /could be applied until 2020-[\d-]{5} [\d:]{8} UTC/,
    );
    expect(sim.server('hv1').counts.connections).toBe(before + 1);
    expect(rates()).toEqual([null, null, null]);
    writeFileSync(file, whole);
    expect([(await apply()).code, rates()]).toEqual([0, [100, 100, 100]]);
  });

  it('is applied in parts, each of its hosts once', async () => {
    await plan(100);
    const [first, dry] = [await apply('--limit', 'hv2'), await apply('--limit', 'hv2', '--check')];
    expect([first.code, dry.code, rates()]).toEqual([0, 0, [null, 100, null]]);
    const same = await apply('--limit', 'hv2');
    expect([same.code, same.stderr]).toEqual([
      1,
      expect.stringMatching(/was applied already: [\d-]{10} [\d:]{8} UTC by /),
    ]);
    expect((await apply('--limit', 'hv9')).code).toBe(1);
    // What has been applied is the operator's again.
    other('hv2', 7);
    const rest = await apply();
    expect([rest.code, rates()]).toEqual([0, [100, 7, 100]]);
    expect(rest.stderr).toContain('1 host of it was applied before');
    expect((await apply()).code).toBe(1);
  });

  it('is made and applied shard by shard', async () => {
    const all = await Promise.all(
      [1, 2].map(async (shard) => {
        const part = join(dir, `${shard}.plan`);
        const args = ['-i', sim.inventory, '-o', part, '--shard', `${shard}/2`];
        const made = await virtune(['plan', playbook(100), ...args]);
        return { part, made };
      }),
    );
    expect(all.some(({ made }) => made.code === 2)).toBe(true);
    for (const { part, made } of all)
      if (made.code === 2) expect((await virtune(['apply', part, ...state()])).code).toBe(0);
    expect(rates()).toEqual([100, 100, 100]);
    await plan(50);
    for (const shard of ['1/2', '2/2']) expect([0, 1]).toContain((await apply('--shard', shard)).code);
    expect(rates()).toEqual([50, 50, 50]);
  });

  it('is stale where its rules do not hold any more', async () => {
    const path = join(dir, 'timed.yml');
    const base = { name: 'base', domain: 'sim', rate: '80 kB/s' };
    const at = new Date(Date.now() + 3_000).toISOString();
    const rules = [base, { name: 'for a moment', domain: 'sim', rate: '100 kB/s', until: at }];
    writeFileSync(path, JSON.stringify([{ name: 'p', hosts: 'all', tasks: [{ nic_limits: { rules } }] }]));
    const planned = await virtune(['plan', path, '-i', sim.inventory, '-o', file]);
    expect([planned.code, planned.stderr]).toEqual([
      2,
      expect.stringContaining('3 changes for a while only'),
    ]);
    while (Date.now() < Date.parse(at)) await new Promise((resolve) => setTimeout(resolve, 50));
    const late = await apply();
    expect([late.code, rates()]).toEqual([6, [null, null, null]]);
    expect(late.stdout).toContain('the plan was made for another time: it held until');
    const after = await virtune(['run', path, '-i', sim.inventory, ...state()]);
    expect([after.code, rates()]).toEqual([0, [80, 80, 80]]);
    expect(after.stderr).toContain('note: rule "for a moment" is over');
  });

  it('is applied by one of two at once', async () => {
    await plan(100);
    const both = await Promise.all([apply(), apply()]);
    expect(both.map(({ code }) => code).sort()).toEqual([0, 1]);
    expect(rates()).toEqual([100, 100, 100]);
  });
});
