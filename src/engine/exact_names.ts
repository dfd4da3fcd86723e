import type { MissingDomain } from '../model/result.ts';
import type { Plan, PlanItem, RuleInfo } from '../modules/module.ts';
import { type HostJob, ruleKey } from './job.ts';

/** Gathers what becomes of the exact names in the rules of a run, as hosts are read. */
export interface ExactNames {
  /** A host was read whole. */
  read(job: HostJob, plans: readonly Plan<PlanItem>[]): void;
  /** A host was not read, or not all of its VMs were: what its rules name may be there. */
  unread(job: HostJob): void;
  /** Each name once for each rule that has it. */
  missing(): readonly MissingDomain[];
}

/** Names without wildcards that no host has, where every host that a rule is for was read. */
export function exactNames(): ExactNames {
  const asked = new Set<RuleInfo>();
  const open = new Set<RuleInfo>();
  const present = new Set<string>();
  const rulesOf = ({ tasks }: HostJob) => tasks.flatMap(({ module, args }) => module.rules(args));
  return {
    read(job, plans) {
      for (const rule of rulesOf(job)) asked.add(rule);
      for (const [index, { module, args }] of job.tasks.entries()) {
        const rules = module.rules(args);
        for (const { rule, name } of plans[index]?.present ?? []) {
          const info = rules[rule];
          if (info !== undefined) present.add(keyOf(info, name));
        }
      }
    },
    unread(job) {
      for (const rule of rulesOf(job)) open.add(rule);
    },
    missing() {
      const known = new Set(present);
      for (const rule of open) for (const name of rule.exact ?? []) known.add(keyOf(rule, name));
      return [...asked].flatMap((rule) =>
        (rule.exact ?? []).flatMap((domain) => {
          const key = keyOf(rule, domain);
          if (known.has(key)) return [];
          known.add(key);
          const { name, file, line } = rule;
          return [{ domain, rule: { name, file, line } }];
        }),
      );
    },
  };
}

function keyOf(rule: RuleInfo, name: string): string {
  return `${ruleKey(rule)}\0${name}`;
}
