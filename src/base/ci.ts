type Environment = Readonly<Record<string, string | undefined>>;

/** Variables that CI platforms set for their jobs, the platform's own before the general one. */
export const CI_VARIABLES = ['GITHUB_ACTIONS', 'GITLAB_CI', 'TF_BUILD', 'TEAMCITY_VERSION', 'CI'] as const;

/**
 * The variable that says that this process runs in CI, where nobody sits at a terminal, even if there is one; null where
 * none does. `CI=false` says that it does not.
 */
export function ciVariable(env: Environment): (typeof CI_VARIABLES)[number] | null {
  const isOff = (value = '') => ['', '0', 'false'].includes(value.toLowerCase());
  return CI_VARIABLES.find((name) => !isOff(env[name])) ?? null;
}
