import { jsonText } from '../base/json_text.ts';
import type { Pace } from './traffic.ts';

export const TRAFFIC_SCHEMA = 'virtune.traffic/1';

/** What two looks at a host came to. */
export interface HostTraffic {
  readonly name: string;
  /** What is not known, and why. */
  readonly notes: readonly string[];
  /** The host could not be read. */
  readonly error?: string;
  readonly status?: 'failed' | 'unreachable';
  /** Each limit that is in force on a running VM. */
  readonly paces: readonly Pace[];
}

/** The JSON of `virtune show --traffic` (traffic.schema.json beside this file). */
export function trafficJson(hosts: readonly HostTraffic[], seconds: number, exitCode: number): string {
  const entries = hosts.map(({ name, notes, error, status, paces }) => ({
    name,
    ...(error === undefined ? {} : { error, status }),
    notes,
    limits: paces.map(limitEntry),
  }));
  return `${jsonText({ schema: TRAFFIC_SCHEMA, seconds, exitCode, hosts: entries })}\n`;
}

function limitEntry({ flow, now, share, dropped, droppedShare, atLimit }: Pace): object {
  const { domain, subject, title, limit } = flow;
  return {
    domain: { name: domain.name, uuid: domain.uuid },
    subject,
    direction: title,
    bytesPerSecond: Math.round(now),
    limitBytesPerSecond: Math.round(limit),
    share: rounded(share),
    droppedPerSecond: rounded(dropped),
    droppedShare: rounded(droppedShare),
    atLimit,
  };
}

const rounded = (number: number): number => Math.round(number * 10_000) / 10_000;
