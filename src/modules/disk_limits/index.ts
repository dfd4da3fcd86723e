import { disksFact } from '../../facts/disks.ts';
import { iotunesFact } from '../../facts/iotunes.ts';
import type { Values } from '../../model/change.ts';
import type { Module } from '../module.ts';
import { selectorFacts } from '../selectors/match.ts';
import { namedVms } from '../selectors/named.ts';
import { selectByRules } from '../selectors/select.ts';
import { SERVERS_VARIABLE, type Servers } from '../selectors/servers.ts';
import { clashesOf } from '../shared/clashes.ts';
import { DISKS, parseArgs } from './args.ts';
import { BLKDEVIOTUNE, decideDisk } from './decide.ts';
import { diskEditorKeywords } from './editor.ts';
import { findDisks } from './find.ts';
import { flavorDisk } from './flavor.ts';
import { differentInGroups } from './groups.ts';
import { DISK_MEASURES } from './measures.ts';
import { repairDisk } from './repairs.ts';
import { diskReport } from './report.ts';
import type { DiskLimitsArgs, FoundDisk, Rule } from './rule.ts';
import { scanDisks } from './scan.ts';
import { diskLimitsSchema } from './schema.ts';
import { diskChoice, setDisk } from './set.ts';
import { DISK_SETTINGS, GROUP } from './settings.ts';
import { namesDisk } from './targets.ts';
import { diskText } from './text.ts';

/** Keeps what VMs may do with their disks as the rules say; QEMU holds them to it, whatever the storage is. */
export const diskLimits: Module<DiskLimitsArgs, FoundDisk> = {
  name: 'disk_limits',
  kind: 'disk',
  words: { one: 'disk', many: 'disks' },
  summary: 'What VMs may read and write of their disks (virsh blkdeviotune)',
  schema: diskLimitsSchema,
  editorKeywords: diskEditorKeywords,
  commands: [BLKDEVIOTUNE],
  report: diskReport,
  variables: { servers: SERVERS_VARIABLE },
  settings: DISK_SETTINGS,
  measures: DISK_MEASURES,
  parse: parseArgs,
  facts: ({ rules }) => [disksFact, ...selectorFacts(rules)],
  kernelFacts: [iotunesFact],
  vms: ({ rules }) => namedVms(rules),
  rules: ({ rules }) => rules,
  clashes: (first, second) => clashesOf(first.rules, second.rules, DISKS),
  find: findDisks,
  select: ({ rules, servers }, found) =>
    selectByRules(
      rules,
      found,
      (rule, disk) => namesDisk(rule, disk) && valuesOf(rule, disk, servers) !== null,
      (rule, disk) => valuesOf(rule, disk, servers) ?? {},
    ),
  together: differentInGroups,
  decide: decideDisk,
  watched: {
    element: 'disk',
    keep: ['domain/devices/disk/target', 'domain/devices/disk/iotune/'],
    key: ({ target }) => `target.dev=${target}`,
  },
  repair: repairDisk,
  text: diskText,
  choice: diskChoice,
  set: setDisk,
  scan: scanDisks,
};

/** Null where they come from a flavor that says nothing that can be a limit. */
function valuesOf(
  { limits, group, from }: Rule,
  { domain }: FoundDisk,
  servers: Servers | undefined,
): Values | null {
  if (from !== undefined) {
    const server = servers?.get(domain.uuid);
    return server === undefined ? null : flavorDisk(server);
  }
  return { ...limits.bytes, ...limits.iops, ...(group === undefined ? {} : { [GROUP]: group }) };
}
