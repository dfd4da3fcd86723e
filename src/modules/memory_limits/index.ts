import { cgroupsFact } from '../../facts/cgroups.ts';
import { memTuneFact } from '../../facts/memtune.ts';
import { partitionFact } from '../../facts/partition.ts';
import type { Module, Selection } from '../module.ts';
import { selectorFacts } from '../selectors/match.ts';
import { namedVms } from '../selectors/named.ts';
import { selectByRules } from '../selectors/select.ts';
import { SERVERS_VARIABLE } from '../selectors/servers.ts';
import { WHOLE_VMS } from '../shared/asks.ts';
import { cgroupsShown } from '../shared/cgroups.ts';
import { clashesOf } from '../shared/clashes.ts';
import { parseArgs } from './args.ts';
import { decideMemory } from './decide.ts';
import { memoryEditorKeywords } from './editor.ts';
import { findMemories } from './find.ts';
import { belowFloors } from './floors.ts';
import { MEMORY_MEASURES } from './measures.ts';
import { memoryReport } from './report.ts';
import { type FoundMemory, LIMITS, type MemoryLimitsArgs } from './rule.ts';
import { scanMemories } from './scan.ts';
import { memoryLimitsSchema } from './schema.ts';
import { setMemory } from './set.ts';
import { MEMORY_SETTINGS, toValues } from './settings.ts';
import { MEMTUNE } from './steps.ts';
import { memoryText } from './text.ts';

/** Keeps what VMs may have of the host's memory as the rules say. */
export const memoryLimits: Module<MemoryLimitsArgs, FoundMemory> = {
  name: 'memory_limits',
  kind: 'memory',
  words: { one: "VM's memory", many: "VMs' memory" },
  summary: 'What VMs may have of the host’s memory (virsh memtune)',
  schema: memoryLimitsSchema,
  editorKeywords: memoryEditorKeywords,
  commands: [MEMTUNE],
  report: memoryReport,
  variables: { servers: SERVERS_VARIABLE },
  settings: MEMORY_SETTINGS,
  measures: MEMORY_MEASURES,
  parse: parseArgs,
  facts: ({ rules }) => [memTuneFact, partitionFact, ...selectorFacts(rules)],
  kernelFacts: [cgroupsFact],
  vms: ({ rules }) => namedVms(rules),
  enough: cgroupsShown,
  rules: ({ rules }) => rules,
  clashes: (first, second) => clashesOf(first.rules, second.rules, WHOLE_VMS),
  find: findMemories,
  select: selectMemories,
  decide: decideMemory,
  watched: { element: 'domain', keep: LIMITS.map((name) => `domain/memtune/${name}`), key: () => '' },
  text: memoryText,
  set: setMemory,
  scan: scanMemories,
};

function selectMemories(args: MemoryLimitsArgs, found: readonly FoundMemory[]): Selection<FoundMemory> {
  const { claims } = selectByRules(
    args.rules,
    found,
    () => true,
    (rule, { memory }, side) => toValues(rule, memory[side]),
  );
  return { claims, problems: belowFloors(args, claims) };
}
