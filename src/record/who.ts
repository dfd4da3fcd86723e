import { type CI_VARIABLES, ciVariable } from '../base/ci.ts';
import type { Who } from './entry.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * What platforms say of a job and of who started it, by the variable that says that one runs there. Documented at
 * docs.github.com (Variables reference), docs.gitlab.com (Predefined CI/CD variables), learn.microsoft.com (Predefined
 * variables) and jetbrains.com (Predefined parameters). None of them is a secret.
 */
const CLAIMS: Readonly<Record<(typeof CI_VARIABLES)[number], readonly [string, readonly string[]]>> = {
  GITHUB_ACTIONS: [
    'GitHub Actions',
    [
      'GITHUB_ACTOR',
      'GITHUB_TRIGGERING_ACTOR',
      'GITHUB_SERVER_URL',
      'GITHUB_REPOSITORY',
      'GITHUB_WORKFLOW',
      'GITHUB_REF',
      'GITHUB_SHA',
      'GITHUB_RUN_ID',
      'GITHUB_RUN_ATTEMPT',
    ],
  ],
  GITLAB_CI: [
    'GitLab CI',
    [
      'GITLAB_USER_LOGIN',
      'CI_PROJECT_PATH',
      'CI_COMMIT_REF_NAME',
      'CI_COMMIT_SHA',
      'CI_PIPELINE_ID',
      'CI_JOB_URL',
    ],
  ],
  TF_BUILD: [
    'Azure Pipelines',
    [
      'BUILD_REQUESTEDFOR',
      'BUILD_REPOSITORY_NAME',
      'BUILD_SOURCEBRANCH',
      'BUILD_SOURCEVERSION',
      'BUILD_BUILDID',
    ],
  ],
  TEAMCITY_VERSION: ['TeamCity', ['TEAMCITY_PROJECT_NAME', 'TEAMCITY_BUILDCONF_NAME', 'BUILD_NUMBER']],
  CI: [
    'CI',
    ['BUILD_URL', 'JOB_NAME', 'BUILD_NUMBER', 'GIT_COMMIT', 'CI_COMMIT_SHA', 'CI_REPO', 'CI_PIPELINE_URL'],
  ],
};

/** So long a claim is kept. */
const MAX_CLAIM = 500;

/** Somebody as a policy knows them (policy/identity.ts). */
interface Known {
  readonly kind: string;
  readonly claims: Readonly<Record<string, string | readonly string[]>>;
}

/**
 * Pure.
 * @param process what the system says of this process
 * @param tokens who else it is, by tokens that were checked
 */
export function whoOf(
  process: Pick<Who, 'user' | 'uid' | 'host'>,
  env: Environment,
  tokens: readonly Known[] = [],
): Who {
  const variable = ciVariable(env);
  const sudoUser = env.SUDO_USER;
  return {
    ...process,
    ...(sudoUser ? { sudoUser } : {}),
    ...(variable === null ? {} : { ci: claimsOf(variable, env) }),
    ...(tokens.length === 0 ? {} : { tokens: tokens.map(tokenOf) }),
  };
}

function tokenOf({ kind, claims }: Known): NonNullable<Who['tokens']>[number] {
  const texts = Object.entries(claims).map(([name, value]): [string, string] => [
    name,
    [value].flat().join(' ').slice(0, MAX_CLAIM),
  ]);
  return { kind, claims: Object.fromEntries(texts) };
}

function claimsOf(variable: (typeof CI_VARIABLES)[number], env: Environment): NonNullable<Who['ci']> {
  const [platform, names] = CLAIMS[variable];
  const claims = names.flatMap((name): [string, string][] => {
    const value = env[name];
    return value ? [[name, value.slice(0, MAX_CLAIM)]] : [];
  });
  return { platform, claims: Object.fromEntries(claims) };
}
