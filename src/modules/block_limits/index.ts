import { blkioTuneFact } from '../../facts/blkiotune.ts';
import { cgroupsFact } from '../../facts/cgroups.ts';
import { deviceFact } from '../../facts/device.ts';
import { partitionFact } from '../../facts/partition.ts';
import { DEVICE_PATH } from '../../libvirt/devices.ts';
import type { Module } from '../module.ts';
import { selectorFacts } from '../selectors/match.ts';
import { namedVms } from '../selectors/named.ts';
import { selectByRules } from '../selectors/select.ts';
import { SERVERS_VARIABLE } from '../selectors/servers.ts';
import { cgroupsShown } from '../shared/cgroups.ts';
import { clashesOf } from '../shared/clashes.ts';
import { BLOCKS, parseArgs } from './args.ts';
import { BLKIOTUNE, decideBlock } from './decide.ts';
import { blockEditorKeywords } from './editor.ts';
import { findBlocks } from './find.ts';
import { BLOCK_MEASURES } from './measures.ts';
import { blockReport } from './report.ts';
import type { BlockLimitsArgs, FoundBlock } from './rule.ts';
import { scanBlocks } from './scan.ts';
import { blockLimitsSchema } from './schema.ts';
import { blockChoice, setBlock } from './set.ts';
import { BLOCK_SETTINGS } from './settings.ts';
import { blockText } from './text.ts';

/** Keeps what VMs may do with block devices of their host as the rules say; the kernel's cgroups hold them to it. */
export const blockLimits: Module<BlockLimitsArgs, FoundBlock> = {
  name: 'block_limits',
  kind: 'block',
  words: { one: 'block device', many: 'block devices' },
  summary: 'What VMs may read and write of the host’s block devices (virsh blkiotune)',
  schema: blockLimitsSchema,
  editorKeywords: blockEditorKeywords,
  commands: [BLKIOTUNE],
  report: blockReport,
  variables: { servers: SERVERS_VARIABLE },
  settings: BLOCK_SETTINGS,
  measures: BLOCK_MEASURES,
  parse: parseArgs,
  facts: ({ rules }) => [
    blkioTuneFact,
    partitionFact,
    ...[...new Set(rules.flatMap(({ devices }) => devices))].map(deviceFact),
    ...selectorFacts(rules),
  ],
  kernelFacts: [cgroupsFact],
  factsFor: ({ key }) => (DEVICE_PATH.test(key) ? [deviceFact(key)] : []),
  vms: ({ rules }) => namedVms(rules),
  enough: cgroupsShown,
  rules: ({ rules }) => rules,
  clashes: (first, second) => clashesOf(first.rules, second.rules, BLOCKS),
  find: findBlocks,
  select: ({ rules }, found) =>
    selectByRules(
      rules,
      found,
      ({ devices }, { named, device: { names } }) =>
        devices.some((path) => named.includes(path) || names.includes(path)),
      ({ limits }) => limits,
    ),
  decide: decideBlock,
  watched: { element: 'device', keep: blkioTuneFact.keep, key: ({ path }) => `path=${path}` },
  text: blockText,
  choice: blockChoice,
  set: setBlock,
  scan: scanBlocks,
};
