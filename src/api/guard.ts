import { userInfo } from 'node:os';
import type { Question } from '../gates/gate.ts';
import type { PolicyInput } from '../gates/policy.ts';
import type { Identity } from '../policy/identity.ts';
import type { Project } from '../project/project.ts';

/** Who makes a run, and what is said of changes that a policy asks about. */
export interface Guard {
  readonly identities: readonly Identity[];
  /** Whether changes that this rule asks about are meant. */
  readonly confirmed: (rule: string) => boolean;
  /** Asked where that is not so. */
  readonly answer: (question: Question) => Promise<boolean>;
}

/** The user of the process, and nobody to ask. */
export function plainGuard(): Guard {
  return { identities: [osUser()], confirmed: () => false, answer: async () => false };
}

/** What the gate of a policy is made from; undefined without a policy. */
export function policyInput(
  { policy, groupsOf, now }: Pick<Project, 'policy' | 'groupsOf'> & { readonly now?: Date },
  check: boolean,
  { identities, confirmed }: Guard,
): PolicyInput | undefined {
  if (policy === null) return undefined;
  return { policy, groupsOf, check, identities, confirmed, now: () => now ?? new Date() };
}

/** By the operating system's word, and not by variables, which anybody may set. */
export function osUser(): Identity {
  try {
    return { kind: 'user', claims: { name: userInfo().username } };
  } catch {
    return { kind: 'user', claims: { name: `uid ${process.getuid?.() ?? 'unknown'}` } };
  }
}
