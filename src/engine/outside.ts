import type { Fact, OutsideFact, Told } from '../facts/fact.ts';
import type { StepOutcome } from '../libvirt/apply_answer.ts';
import type { LibvirtAccess } from '../libvirt/script.ts';
import type { Step } from '../model/change.ts';
import type { Answer, Enforcers } from '../model/enforcer.ts';
import type { HostFacts } from '../model/facts.ts';

/** How a host is read and set: its libvirt, and whoever else sets limits there. */
export interface HostAccess extends LibvirtAccess {
  /** Absent where no project has made any. */
  readonly enforcers?: Enforcers;
}

const NOBODY = (via: string): string => `nobody is known who could be asked or told by ${via}`;

/** What is asked of enforcers, added to what a host has told. */
export async function withOutside(
  facts: HostFacts,
  needs: readonly Fact[],
  enforcers: Enforcers | undefined,
): Promise<HostFacts> {
  const asked = needs.filter((fact) => fact.of === 'outside');
  if (asked.length === 0) return facts;
  const vias = [...new Set(asked.map(({ via }) => via))];
  const told = await Promise.all(
    vias.map(async (via): Promise<readonly (readonly [string, Told])[]> => {
      const own: readonly OutsideFact[] = asked.filter((fact) => fact.via === via);
      const answers = await enforcers?.get(via)?.read(own.map(({ question }) => question));
      return own.map(({ name, question }, index) => {
        const answer: Answer = answers?.[index] ?? { problem: NOBODY(via) };
        return [name, { question, answer }];
      });
    }),
  );
  return { ...facts, parts: { ...facts.parts, ...Object.fromEntries(told.flat()) } };
}

/** Runs steps that are not the host's; all of one program at once. @returns the outcome of each */
export async function runOutside(
  steps: readonly Step[],
  enforcers: Enforcers | undefined,
  signal: AbortSignal,
): Promise<readonly StepOutcome[]> {
  const outcomes = new Map<Step, StepOutcome>();
  for (const via of new Set(steps.map((step) => step.via ?? ''))) {
    const own = steps.filter((step) => step.via === via);
    const enforcer = enforcers?.get(via);
    const found = await enforcer?.run(
      own.map(({ commands }) => commands),
      signal,
    );
    for (const [index, step] of own.entries())
      outcomes.set(step, found?.[index] ?? { kind: 'failed', error: NOBODY(via) });
  }
  return steps.map((step) => outcomes.get(step) as StepOutcome);
}

/** Lets enforcers take away what nobody needs any more. @returns what went wrong */
export async function finishOutside(
  hosts: readonly Pick<HostAccess, 'enforcers'>[],
): Promise<readonly string[]> {
  const all = new Set(hosts.flatMap(({ enforcers }) => [...(enforcers?.values() ?? [])]));
  return (await Promise.all([...all].map((one) => one.finish()))).flat();
}
