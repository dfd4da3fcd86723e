import { spawnSync } from 'node:child_process';
import { userInfo } from 'node:os';
import type { Question } from '../gates/gate.ts';
import type { PolicyInput } from '../gates/policy.ts';
import { inputError } from '../model/diagnostic.ts';
import { asksForGroups, type Identity } from '../policy/identity.ts';
import type { Policy } from '../policy/policy.ts';
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
export function plainGuard(policy: Policy | null): Guard {
  return { identities: [osUser(policy)], confirmed: () => false, answer: async () => false };
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
export function osUser(policy: Policy | null): Identity {
  const asked = policy?.rules.some(({ by, notBy }) => asksForGroups(by) || asksForGroups(notBy)) === true;
  const groups = asked ? { groups: osGroups() } : {};
  try {
    return { kind: 'user', claims: { name: userInfo().username, ...groups } };
  } catch {
    return { kind: 'user', claims: { name: `uid ${process.getuid?.() ?? 'unknown'}`, ...groups } };
  }
}

/** By whole names: those of variables such as PATH may be anybody's. */
const ID_PROGRAMS = ['/usr/bin/id', '/bin/id', '/run/current-system/sw/bin/id'];

/**
 * Names of the groups of the process. Names may have spaces, so they are told apart by NUL where `id` can do that (GNU).
 * @throws InputError where they are not told: a rule about them would be taken for one about nobody
 */
function osGroups(): readonly string[] {
  for (const program of ID_PROGRAMS)
    for (const [options, end] of [
      ['-Gnz', '\0'],
      ['-Gn', ' '],
    ] as const) {
      const { status, stdout } = spawnSync(program, [options], {
        encoding: 'utf8',
        env: {},
        timeout: 10_000,
      });
      if (status === 0) return stdout.trimEnd().split(end).filter(Boolean);
    }
  throw inputError(
    'the policy asks for groups of this machine, and it does not tell those of the user',
    'check what "id -Gn" says',
  );
}
