import type { DesiredLimits } from '../../facts/bandwidth.ts';
import type { Values } from '../../model/change.ts';

/** Who asks: as Keystone says. Nothing of a token is in it. */
export interface Owner {
  readonly user: { readonly id: string; readonly name: string };
  readonly project: { readonly id: string; readonly name: string };
  readonly roles: readonly string[];
}

/** What a NIC had before anybody set it here, by state; null where the NIC was not in it. */
export interface Before {
  readonly live: Values | null;
  readonly config: Values | null;
}

/** What somebody has set: desired until it is withdrawn. */
export interface Override {
  readonly id: number;
  readonly server: string;
  readonly mac: string;
  readonly limits: DesiredLimits;
  readonly before: Before | null;
  readonly owner: Owner;
  /** Of the server, as Nova says. */
  readonly project: string;
  readonly request: string;
  readonly reason: string;
  readonly createdAt: Date;
  /** When the first of its directions ends. */
  readonly until: Date | null;
  readonly endedAt: Date | null;
  /** It has ended, and what was there before is there again. */
  readonly restored: boolean;
  /** Grows with every change of any override. */
  readonly revision: number;
}

export const JOB_STATES = ['queued', 'running', 'done', 'refused', 'failed', 'superseded'] as const;
export type JobState = (typeof JOB_STATES)[number];

/** What is to become of an override: that it holds, or that it does not any more. */
export interface Job {
  readonly id: number;
  readonly kind: 'set' | 'withdraw';
  readonly override: number;
  readonly server: string;
  readonly mac: string;
  /** Those that may see it: the server's, and the caller's. */
  readonly projects: readonly string[];
  readonly request: string;
  readonly revision: number;
  readonly state: JobState;
  readonly attempts: number;
  readonly createdAt: Date;
  readonly startedAt: Date | null;
  readonly finishedAt: Date | null;
  readonly host: string | null;
  /** What it waits for, or what was last seen of it, in words. */
  readonly progress: string;
  readonly result: Readonly<Record<string, unknown>> | null;
}

/** What was asked, by whom, and what was answered; or what became of it. */
export interface AuditLine {
  readonly request: string;
  readonly remote: string;
  readonly owner: Owner | null;
  readonly projects: readonly string[];
  readonly action: string;
  readonly server: string | null;
  readonly mac: string | null;
  /** Of the answer; null for what has no answer: an end by time, an outcome. */
  readonly status: number | null;
  readonly detail: string;
}

export interface StoredAudit extends Omit<AuditLine, 'owner'> {
  readonly id: number;
  readonly at: Date;
  readonly user: string | null;
  readonly userName: string | null;
  readonly project: string | null;
}
