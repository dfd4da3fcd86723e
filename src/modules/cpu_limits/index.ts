import { cgroupsFact } from '../../facts/cgroups.ts';
import { cpuTuneFact } from '../../facts/cputune.ts';
import { partitionFact } from '../../facts/partition.ts';
import type { Module } from '../module.ts';
import { selectorFacts } from '../selectors/match.ts';
import { namedVms } from '../selectors/named.ts';
import { selectByRules } from '../selectors/select.ts';
import { SERVERS_VARIABLE } from '../selectors/servers.ts';
import { WHOLE_VMS } from '../shared/asks.ts';
import { cgroupsShown } from '../shared/cgroups.ts';
import { clashesOf } from '../shared/clashes.ts';
import { parseArgs } from './args.ts';
import { decideCpu } from './decide.ts';
import { cpuEditorKeywords } from './editor.ts';
import { findCpus } from './find.ts';
import { flavorCpu } from './flavor.ts';
import { CPU_MEASURES } from './measures.ts';
import { cpuReport } from './report.ts';
import type { CpuLimitsArgs, FoundCpu, Rule } from './rule.ts';
import { scanCpus } from './scan.ts';
import { cpuLimitsSchema } from './schema.ts';
import { setCpu } from './set.ts';
import { CPU_SETTINGS, toValues } from './settings.ts';
import { SCHEDINFO } from './steps.ts';
import { cpuText } from './text.ts';
import { cpuWatched } from './watched.ts';

/** Keeps what VMs may use of the CPU as the rules say. */
export const cpuLimits: Module<CpuLimitsArgs, FoundCpu> = {
  name: 'cpu_limits',
  kind: 'cpu',
  words: { one: "VM's CPU", many: "VMs' CPU" },
  summary: 'What VMs may use of the CPU (virsh schedinfo)',
  schema: cpuLimitsSchema,
  editorKeywords: cpuEditorKeywords,
  commands: [SCHEDINFO],
  report: cpuReport,
  variables: { servers: SERVERS_VARIABLE },
  settings: CPU_SETTINGS,
  measures: CPU_MEASURES,
  parse: parseArgs,
  facts: ({ rules }) => [cpuTuneFact, partitionFact, ...selectorFacts(rules)],
  kernelFacts: [cgroupsFact],
  vms: ({ rules }) => namedVms(rules),
  enough: cgroupsShown,
  rules: ({ rules }) => rules,
  clashes: (first, second) => clashesOf(first.rules, second.rules, WHOLE_VMS),
  find: findCpus,
  select: ({ rules, servers }, found) => {
    const limits = (rule: Rule, { domain }: FoundCpu) => {
      const server = rule.from === undefined ? undefined : servers?.get(domain.uuid);
      if (rule.from === undefined) return rule.limits;
      return server === undefined ? null : flavorCpu(server);
    };
    return selectByRules(
      rules,
      found,
      (rule, cpu) => limits(rule, cpu) !== null,
      (rule, cpu) => toValues(limits(rule, cpu) ?? {}),
    );
  },
  decide: decideCpu,
  watched: cpuWatched,
  text: cpuText,
  set: setCpu,
  scan: scanCpus,
};
