import type { Module } from '../module.ts';
import { parseArgs } from './args.ts';
import { clashesBetween } from './clash.ts';
import { concludeItem, repairsOf } from './conclude.ts';
import type { NicItem } from './item.ts';
import { planHost } from './plan.ts';
import type { NicLimitsArgs } from './rule.ts';
import { nicLimitsSchema } from './schema.ts';
import { settlePlans } from './settle.ts';

/** Keeps what the network cards of VMs may send and receive as the rules say. */
export const nicLimits: Module<NicLimitsArgs, NicItem> = {
  name: 'nic_limits',
  summary: "Bandwidth limits of VMs' network cards (virsh domiftune)",
  schema: nicLimitsSchema,
  variables: { uplink: 'virtune_uplink' },
  parse: parseArgs,
  needs: (args) => ({ metadata: args.rules.some((rule) => rule.match.nova !== undefined) }),
  rules: (args) => args.rules,
  plan: planHost,
  settle: settlePlans,
  clashes: clashesBetween,
  repairs: repairsOf,
  conclude: concludeItem,
};
