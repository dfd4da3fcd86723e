import type { Become } from '../connection/become/become.ts';
import type { BecomeError } from '../connection/become/errors.ts';
import type { ConnectionError, ConnectionErrorCode, ConnectionTarget } from '../connection/connection.ts';
import { type CheckName, type Finding, finding, ok } from './finding.ts';

/** The checks that a connection passes one after the other. */
const STAGES = ['reachable', 'host_key', 'authentication'] as const;

type Stage = (typeof STAGES)[number];

const STAGE_OF: Readonly<Partial<Record<ConnectionErrorCode, Stage>>> = {
  host_key_unknown: 'host_key',
  host_key_changed: 'host_key',
  host_key_revoked: 'host_key',
  known_hosts: 'host_key',
  auth: 'authentication',
  key_file: 'authentication',
};

/** Where a host could not be connected to: what went well, and where it ended. */
export function connectFailure(target: ConnectionTarget, error: ConnectionError): Finding[] {
  const stage = STAGE_OF[error.code] ?? 'reachable';
  // A key file that cannot be read is noticed before anything is sent.
  const passed = error.code === 'key_file' || error.code === 'known_hosts' ? [] : stagesBefore(target, stage);
  return [...passed, finding(stage, 'problem', error.message, error.hint)];
}

/** A connection that stands has passed them all. */
export function connected(target: ConnectionTarget): Finding[] {
  return target.kind === 'local' ? [ok('reachable', 'is this machine')] : stagesBefore(target, null);
}

function stagesBefore(target: ConnectionTarget, end: Stage | null): Finding[] {
  const texts: Readonly<Record<Stage, string>> = {
    reachable: `${target.address} port ${target.port}${target.jump ? `, by way of ${target.jump.host}` : ''}`,
    host_key: target.acceptNewHostKeys ? 'known, or accepted just now' : 'is the known one',
    authentication: `as ${target.user}`,
  };
  const passed = end === null ? STAGES : STAGES.slice(0, STAGES.indexOf(end));
  return passed.map((stage: CheckName & Stage) => ok(stage, texts[stage]));
}

/**
 * @param refusal what sudo or doas said
 * @param user the user that the examination ran as
 */
export function becomeFinding(
  become: Become | undefined,
  refusal: BecomeError | null,
  user: string,
): Finding {
  if (become === undefined) return ok('become', `not asked for: virtune runs as ${user}`);
  if (refusal === null) return ok('become', `runs as ${user}, by ${become.method}`);
  return finding('become', 'problem', refusal.message, refusal.hint);
}

/** How far the host's clock may be off before it is worth a word: reports and logs are read side by side. */
const SKEW_SECONDS = 5;

/** @param asked,answered when, by this machine's clock, in milliseconds */
export function clockFinding(time: number | null, asked: number, answered: number): Finding {
  if (time === null) return finding('clock', 'unknown', 'the host did not tell its time');
  // The host's second began up to one second ago.
  const [earliest, latest] = [asked / 1000 - 1, answered / 1000];
  const off = time < earliest ? time - earliest : time > latest ? time - latest : 0;
  const seconds = Math.round(off);
  if (Math.abs(off) <= SKEW_SECONDS) return ok('clock', 'agrees with this machine');
  return finding(
    'clock',
    'warning',
    `is ${Math.abs(seconds)} s ${seconds < 0 ? 'behind' : 'ahead of'} this machine`,
    'keep both in time with NTP, or times in logs and reports cannot be compared',
  );
}
