import type { Played } from '../lab.ts';
import type { Direction, Limit, Side } from './types.ts';

/** The one place that knows the shape of the JSON report. */

type Limits = Readonly<Record<Direction, Limit>>;

export interface Reported {
  readonly host: string;
  readonly uuid: string;
  readonly mac: string;
  readonly position: number | null;
  readonly status: string;
  readonly rules: readonly string[];
  /** Of each state; of both at once where they are one. */
  readonly desired: Readonly<Record<Side, Readonly<Partial<Record<Direction, Limit>>>>>;
  readonly before: Readonly<Record<Side, Limits | null>>;
  readonly after: Readonly<Record<Side, Limits | null>> | null;
  readonly commands: readonly string[];
  readonly message: string;
}

type Rate = {
  readonly average: number;
  readonly peak: number;
  readonly burst: number;
  readonly floor: number;
} | null;

const limit = (rate: Rate): Limit =>
  rate === null ? null : [rate.average, rate.peak, rate.burst, rate.floor];

function limits<T extends Readonly<Partial<Record<Direction, Rate>>>>(given: T): { [K in keyof T]: Limit } {
  const entries = Object.entries(given).map(([direction, rate]) => [direction, limit(rate ?? null)]);
  return Object.fromEntries(entries) as { [K in keyof T]: Limit };
}

const both = (given: {
  readonly live: Record<Direction, Rate> | null;
  readonly config: Record<Direction, Rate> | null;
}) => ({
  live: given.live === null ? null : limits(given.live),
  config: given.config === null ? null : limits(given.config),
});

/** All NICs of a report, in its order. */
export function reported({ report }: Played): Reported[] {
  return report.hosts.flatMap((host) =>
    host.resources.map((nic) => ({
      host: host.name,
      uuid: nic.domain.uuid,
      mac: nic.subject.mac,
      position: nic.subject.index,
      status: nic.status,
      rules: nic.rules.map(({ name }) => name),
      desired: {
        live: limits(nic.desiredByState?.live ?? nic.desired),
        config: limits(nic.desiredByState?.config ?? nic.desired),
      },
      before: both(nic.before),
      after: nic.after === null ? null : both(nic.after),
      commands: nic.commands,
      message: nic.reason ?? '',
    })),
  );
}

export const hostStatuses = ({ report }: Played): Record<string, string> =>
  Object.fromEntries(report.hosts.map(({ name, status }) => [name, status]));

/** Names of the rules that named nothing. */
export const unmatched = ({ report }: Played): string[] => report.unmatchedRules.map(({ name }) => name);
