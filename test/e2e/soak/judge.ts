import { expect } from 'vitest';
import type { Played } from '../lab.ts';
import type { RuleSet } from './play.ts';
import { hostStatuses, type Reported, reported, unmatched } from './report.ts';
import {
  DIRECTIONS,
  type Domain,
  type Limit,
  type Look,
  type Nic,
  type Oracle,
  SIDES,
  type Side,
  type Verdict,
} from './types.ts';

/** Holds what virtune says, what hosts have and what the oracle says against each other. */

type Looks = Readonly<Record<string, Look>>;

export interface Trial {
  readonly set: RuleSet;
  readonly oracle: Oracle;
  readonly before: Looks;
  readonly after: Looks;
  readonly played: Played;
  readonly check: boolean;
}

/** A required rule that names nothing ends the run before anything is written. */
export const isBlocked = ({ set, oracle }: Pick<Trial, 'set' | 'oracle'>): boolean =>
  Object.values(set.rules)
    .flat()
    .some(({ name, required }) => required && !oracle.matched.includes(name));

export function judge(trial: Trial): void {
  const { set, oracle, before, after, played, check } = trial;
  const blocked = isBlocked(trial);
  const idle = check || blocked;
  expect(played.code, `${played.stdout}${played.stderr}`).toBe(exitCode(trial, blocked));
  const missed = Object.values(set.rules)
    .flatMap((rules) => rules.map(({ name }) => name))
    .filter((name) => !oracle.matched.includes(name));
  expect(unmatched(played).toSorted()).toEqual([...new Set(missed)].toSorted());
  const key = (host: string, { uuid, mac, position }: Verdict | Reported) =>
    `${host} ${uuid} ${mac} ${position}`;
  const nics = reported(played).map((nic) => [key(nic.host, nic), nic] as const);
  const said = new Map(nics);
  const due = Object.entries(oracle.hosts).flatMap(([host, list]) =>
    list.map((verdict) => key(host, verdict)),
  );
  expect(nics.map(([name]) => name).toSorted()).toEqual(due.toSorted());
  if (!blocked) expect(hostStatuses(played)).toEqual(statusesOf(oracle));
  for (const [host, verdicts] of Object.entries(oracle.hosts)) {
    for (const verdict of verdicts) {
      const nic = said.get(key(host, verdict)) as Reported;
      try {
        judgeNic(verdict, nic, idle, check);
      } catch (error) {
        (error as Error).message +=
          `\n${host}: the oracle says ${JSON.stringify(verdict)}\nthe report ${JSON.stringify(nic)}`;
        throw error;
      }
    }
  }
  for (const host of Object.keys(before)) {
    expect(shownBy(after[host] as Look), `${host} after the run`).toEqual(
      expectedOf(before[host] as Look, idle ? [] : (oracle.hosts[host] ?? [])),
    );
  }
}

function statusesOf({ hosts }: Oracle): Record<string, string> {
  const status = (verdicts: readonly Verdict[]) => {
    const has = (...expected: string[]) =>
      verdicts.some(({ outcomes: [outcome = ''] }) => expected.includes(outcome));
    if (has('refused')) return 'refused';
    if (has('unsupported', 'ambiguous')) return 'failed';
    return has('changed') ? 'changed' : 'ok';
  };
  return Object.fromEntries(Object.entries(hosts).map(([host, verdicts]) => [host, status(verdicts)]));
}

function exitCode({ oracle, check }: Trial, blocked: boolean): number {
  const outcomes = Object.values(oracle.hosts).flatMap((list) => list.map(({ outcomes }) => outcomes[0]));
  const has = (...expected: string[]) => outcomes.some((outcome) => expected.includes(outcome as string));
  if (blocked) return 1;
  if (has('refused')) return 5;
  if (has('unsupported', 'ambiguous')) return 3;
  return check && has('changed') ? 2 : 0;
}

function judgeNic(verdict: Verdict, nic: Reported, idle: boolean, check: boolean): void {
  const [outcome] = verdict.outcomes;
  const changes = outcome === 'changed';
  const allowed = !changes ? [outcome] : check ? ['pending'] : idle ? ['pending', 'skipped'] : ['changed'];
  expect(allowed, 'status').toContain(nic.status);
  expect(nic.rules).toEqual(verdict.rules);
  expect(nic.before).toEqual(verdict.has);
  expect(nic.after).toEqual(changes && !idle ? verdict.becomes : null);
  expect(nic.commands.length > 0, `commands: ${nic.commands}`).toBe(changes);
  for (const side of SIDES) {
    // What is asked of a state that is not there is nobody's business.
    if (verdict.has[side] !== null && Object.keys(verdict.desired[side]).length > 0)
      expect(nic.desired[side], `desired ${side}`).toEqual(verdict.desired[side]);
  }
}

type Shown = Record<string, Limit>;

/** The numbers of every NIC of a host, in the description and as domiftune prints them. */
function shownBy(look: Look): Shown {
  return shown(look, (nic, direction) => [nic.limits[direction], nic.tuned[direction]]);
}

/** The same as it should be now. */
function expectedOf(before: Look, verdicts: readonly Verdict[]): Shown {
  return shown(before, (nic, direction, domain, side, nth) => {
    const verdict = verdicts.find(
      ({ uuid, mac, nth: n }) => uuid === domain.uuid && mac === nic.mac && n === nth,
    );
    const untouched: [Limit, Limit] = [nic.limits[direction], nic.tuned[direction]];
    if (verdict === undefined || !verdict.differing.includes(side)) return untouched;
    const limit = verdict.becomes[side]?.[direction] ?? null;
    return [limit, limit];
  });
}

function shown(
  look: Look,
  read: (
    nic: Nic,
    direction: (typeof DIRECTIONS)[number],
    domain: Domain,
    side: Side,
    nth: number,
  ) => readonly [Limit, Limit],
): Shown {
  const all: Shown = {};
  for (const domain of look.domains) {
    for (const side of SIDES) {
      for (const [index, nic] of (domain[side] ?? []).entries()) {
        const nth = (domain[side] ?? []).slice(0, index).filter(({ mac }) => mac === nic.mac).length;
        for (const direction of DIRECTIONS) {
          const [limits, tuned] = read(nic, direction, domain, side, nth);
          const key = `${domain.name} ${nic.mac}${nth > 0 ? `#${nth}` : ''} ${side} ${direction}`;
          all[key] = limits;
          all[`${key} by domiftune`] = tuned;
        }
      }
    }
  }
  return all;
}
