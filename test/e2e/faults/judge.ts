import { expect } from 'vitest';
import { HOST_STATUSES } from '../../../src/model/result.ts';
import type { Played, ReportedHost, Resource } from '../lab.ts';
import type { Alias, Declared } from './fleet.ts';
import type { Shown, State } from './truth.ts';

/** What must be true of any run, whatever happened to its connections. */

export interface Trial {
  readonly check: boolean;
  readonly aliases: readonly Alias[];
  readonly declared: ReadonlyMap<string, Declared>;
  readonly played: Played;
  /** By lab host. */
  readonly before: ReadonlyMap<string, State>;
  readonly after: ReadonlyMap<string, State>;
}

const SIDES = ['live', 'config'] as const;
const DIRECTIONS = ['inbound', 'outbound'] as const;

export function judge(trial: Trial): void {
  const { aliases, played, check, before, after } = trial;
  expect(played.report.hosts.map(({ name }) => name).toSorted()).toEqual(
    aliases.map(({ name }) => name).toSorted(),
  );
  expect(played.stderr).not.toMatch(/^\s+at |internal error|unhandled/im);
  expect(played.code).toBe(exitCodeOf(played.report.hosts, played.nics));
  if (check) expect(after).toEqual(before);
  for (const alias of aliases) {
    const host = played.report.hosts.find(({ name }) => name === alias.name) as ReportedHost;
    try {
      judgeHost(alias, host, trial);
    } catch (error) {
      const nics = host.resources.map(({ subject: nic, status, reason, after }) => ({
        mac: nic.mac,
        status,
        reason,
        after,
      }));
      (error as Error).message += `\nthe report of ${alias.name}: ${JSON.stringify({ ...host, nics })}\n`;
      throw error;
    }
  }
  judgeOthers(trial);
}

/** As docs/outcomes.md has it: 5 before 6 before 7 before 3 before 4 before 2. */
function exitCodeOf(hosts: readonly ReportedHost[], nics: readonly Resource[]): number {
  const host = (status: string) => hosts.some((each) => each.status === status);
  if (host('refused')) return 5;
  for (const [status, code] of [
    ['stale', 6],
    ['locked', 7],
  ] as const)
    if (nics.some((nic) => nic.status === status)) return code;
  if (host('failed')) return 3;
  if (host('unreachable')) return 4;
  if (host('skipped')) return 3;
  return nics.some(({ status }) => status === 'pending') ? 2 : 0;
}

function judgeHost(alias: Alias, host: ReportedHost, trial: Trial): void {
  expect(HOST_STATUSES).toContain(host.status);
  if (['unreachable', 'failed'].includes(host.status) && host.resources.length === 0) {
    // It was never read, so nothing can have been written.
    expect([typeof host.error, typeof host.errorCode]).toEqual(['string', 'string']);
    for (const mac of alias.nics) for (const side of SIDES) expect(now(side, mac)).toEqual(was(side, mac));
    return;
  }
  expect(host.resources.map(({ subject }) => subject.mac)).toEqual(alias.nics);
  for (const nic of host.resources) judgeNic(nic);
  const statuses = new Set(host.resources.map(({ status }) => status));
  if (host.status === 'ok') expect([...statuses]).toEqual(['inSync']);
  if (host.status === 'changed') expect([...statuses]).toContain(trial.check ? 'pending' : 'changed');

  function was(side: (typeof SIDES)[number], mac: string): Shown | undefined {
    return trial.before.get(alias.labHost)?.[side].get(mac);
  }
  function now(side: (typeof SIDES)[number], mac: string): Shown | undefined {
    return trial.after.get(alias.labHost)?.[side].get(mac);
  }

  function judgeNic({ subject: { mac }, status, before, after }: Resource): void {
    const declared = trial.declared.get(mac) as Declared;
    for (const side of SIDES) {
      const [old, is] = [was(side, mac), now(side, mac)] as [Shown, Shown];
      const desired = { ...old, ...declared };
      for (const direction of DIRECTIONS)
        expect([old[direction], desired[direction]], `${mac} ${side} ${direction}`).toContain(is[direction]);
      if (status === 'inSync' || status === 'changed')
        expect(is, `${mac} ${side}: ${status}`).toEqual(desired);
      else if (status === 'pending') expect(is, `${mac} ${side}: ${status}`).toEqual(old);
      else if (status === 'locked') expect(is, `${mac} ${side}: ${status}`).toEqual(old);
      else expect(['failed', 'unreachable', 'stale'], `${mac}: ${status}`).toContain(status);
      // Read before the writing or, after a connection that was lost over it, once more.
      expect([shown(old), shown(desired)]).toContainEqual(before[side]);
      if (status === 'changed') expect(after?.[side]).toEqual(shown(is));
    }
  }
}

/** As the report has it. */
function shown(state: Shown) {
  const rate = (text: string) => {
    const [average, peak, burst] = text.split(',').map(Number);
    return text === '' ? null : { average, peak, burst, floor: 0 };
  };
  return { inbound: rate(state.inbound), outbound: rate(state.outbound) };
}

/** NICs that no rule names, of whatever VM, are as they were. */
function judgeOthers({ before, after, declared }: Trial): void {
  for (const [host, state] of before) {
    for (const side of SIDES) {
      const others = (nics: State['live']) => [...nics].filter(([mac]) => !declared.has(mac));
      expect(others(after.get(host)?.[side] ?? new Map()), `${host} ${side}`).toEqual(others(state[side]));
    }
  }
}
