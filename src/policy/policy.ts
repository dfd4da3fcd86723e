import type { JsonWebKey } from 'node:crypto';
import type { Window } from '../base/time/windows.ts';
import type { Change } from '../model/change.ts';
import type { Place } from '../model/diagnostic.ts';
import type { Condition } from '../model/playbook.ts';
import type { BaseRule } from '../modules/selectors/rule.ts';
import type { Bound } from './bounds.ts';
import type { Identity, Party } from './identity.ts';

/** What a rule does with changes that it is about: refuses them, asks for a confirmation, tells. */
export const EFFECTS = ['deny', 'confirm', 'warn'] as const;
export type Effect = (typeof EFFECTS)[number];

/** What one run may change, of what a rule names. */
export const COUNTS = ['subjects', 'vms', 'hosts'] as const;
export type Count = (typeof COUNTS)[number];

export interface RunBounds extends Readonly<Partial<Record<Count, number>>> {
  /** In percent of the hosts that the rule names. */
  readonly share?: number;
}

/**
 * All that it names must hold for it to be about a change. One with `limits` or `run` is about those changes only that
 * break them.
 */
export interface PolicyRule {
  readonly name: string;
  readonly place: Place;
  readonly effect: Effect;
  /** Names of the inventory's hosts; null for every one. */
  readonly hosts: ReadonlySet<string> | null;
  /** How many hosts that is. */
  readonly fleet: number;
  readonly vms: Pick<BaseRule, 'domain' | 'match'>;
  /** Null for every module. */
  readonly modules: ReadonlySet<string> | null;
  readonly when: readonly Condition[];
  readonly by: readonly Party[] | null;
  readonly notBy: readonly Party[] | null;
  readonly during: readonly Window[] | null;
  readonly notDuring: readonly Window[] | null;
  readonly limits: ReadonlyMap<string, readonly Bound[]> | null;
  readonly run: RunBounds | null;
}

/** Whose tokens of a CI platform are believed. */
export interface Issuer {
  readonly kind: 'github' | 'gitlab';
  readonly issuer: string;
  readonly audience: string;
  /** The file of the issuer's public keys, as written, and where. */
  readonly jwks: string;
  readonly keys: readonly JsonWebKey[];
  readonly place: Place | undefined;
}

/** Rules of one file or of several: their order says nothing. */
export interface Policy {
  readonly files: readonly string[];
  readonly rules: readonly PolicyRule[];
  readonly issuers: readonly Issuer[];
}

/** Who asks for changes, when, and what is known of the hosts. */
export interface Asking {
  readonly identities: readonly Identity[];
  readonly now: Date;
  readonly check: boolean;
  readonly groupsOf: (host: string) => readonly string[];
  /** All inventory names of the hypervisor that a change is for. */
  readonly hostsOf: (change: Change) => readonly string[];
}
