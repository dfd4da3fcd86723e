import { networksFact } from '../../facts/networks.ts';
import { nicsFact } from '../../facts/nics.ts';
import { ovsFact } from '../../facts/ovs.ts';
import { OPENSTACK } from '../../facts/ports.ts';
import { tcFact } from '../../facts/tc.ts';
import type { Module } from '../module.ts';
import { selectorFacts } from '../selectors/match.ts';
import { namedVms } from '../selectors/named.ts';
import { SERVERS_VARIABLE } from '../selectors/servers.ts';
import { parseArgs } from './args.ts';
import { cloudHostNotes } from './beside_cloud.ts';
import { clashesBetween } from './clash.ts';
import { decideNic } from './decide.ts';
import { DOMIFTUNE } from './domiftune.ts';
import { nicEditorKeywords } from './editor.ts';
import { findNics } from './find.ts';
import type { FoundNic } from './item.ts';
import { NIC_MEASURES } from './measures.ts';
import { portFacts, portFactsFor } from './port/facts.ts';
import { repairNic } from './repairs.ts';
import { nicReport } from './report.ts';
import type { NicLimitsArgs } from './rule.ts';
import { scanNics } from './scan.ts';
import { nicLimitsSchema } from './schema.ts';
import { selectNics } from './select.ts';
import { nicChoice, setNic } from './set.ts';
import { NIC_SETTINGS } from './settings.ts';
import { nicText } from './text.ts';
import { nicTraffic } from './traffic.ts';
import { uplinkNotes } from './uplink.ts';
import { nicWatched, nicWithLive } from './watched.ts';

/** Keeps what the NICs of VMs may send and receive as the rules say. */
export const nicLimits: Module<NicLimitsArgs, FoundNic> = {
  name: 'nic_limits',
  kind: 'nic',
  words: { one: 'NIC', many: 'NICs' },
  summary: "Bandwidth limits of VMs' network cards (virsh domiftune)",
  schema: nicLimitsSchema,
  editorKeywords: nicEditorKeywords,
  commands: [DOMIFTUNE],
  report: nicReport,
  variables: {
    uplink: 'virtune_uplink',
    servers: SERVERS_VARIABLE,
    enforce_with: 'virtune_enforce_with',
    cloud: 'openstack',
  },
  programs: [OPENSTACK],
  settings: NIC_SETTINGS,
  measures: NIC_MEASURES,
  parse: parseArgs,
  facts: (args) => [nicsFact, networksFact, ...selectorFacts(args.rules), ...portFacts(args)],
  factsFor: portFactsFor,
  kernelFacts: [tcFact, ovsFact],
  // What clears, and what adds up, is about every NIC of the host.
  vms: ({ rules, unmatched, uplink }) =>
    unmatched === 'leave' && uplink === undefined ? namedVms(rules) : null,
  // A MAC that several NICs of the host have names none of them.
  needsOthers: ({ rules }) => rules.some(({ nic }) => nic.mac !== undefined),
  rules: (args) => args.rules,
  clashes: clashesBetween,
  find: findNics,
  select: selectNics,
  decide: decideNic,
  watched: nicWatched,
  withLive: nicWithLive,
  hostNotes: (args, found, changes) => [
    ...uplinkNotes(args, found, changes),
    ...cloudHostNotes(args, found, changes),
  ],
  repair: repairNic,
  text: nicText,
  choice: nicChoice,
  set: setNic,
  scan: scanNics,
  traffic: nicTraffic,
};
