import type { Vars } from '../model/inventory.ts';
import type { JsonSchema } from '../schema/schema.ts';
import { copyEntryPlace } from '../yaml/places.ts';

/** Keywords of a play that set a variable where a host has none of its own; templates are for each host. */
const VARIABLES = {
  become: 'ansible_become',
  become_method: 'ansible_become_method',
  become_user: 'ansible_become_user',
  connection: 'ansible_connection',
  port: 'ansible_port',
  remote_user: 'ansible_user',
} as const;

export const CONNECTION_KEYWORDS = Object.keys(VARIABLES) as readonly (keyof typeof VARIABLES)[];

/** Their schemas. Values in full are checked with the variables: a template may have made them. */
export const CONNECTION_SCHEMAS = {
  become: {
    type: ['boolean', 'string'],
    description: 'Whether to become another user; ansible_become of a host wins.',
  },
  become_method: { type: 'string', description: 'How: sudo or doas; ansible_become_method of a host wins.' },
  become_user: { type: 'string', description: 'The user to become; ansible_become_user of a host wins.' },
  connection: { type: 'string', description: 'ssh, openssh or local; ansible_connection of a host wins.' },
  port: { type: ['integer', 'string'], description: 'SSH port; ansible_port of a host wins.' },
  remote_user: { type: 'string', description: 'The user to log in as; ansible_user of a host wins.' },
} as const satisfies Readonly<Record<keyof typeof VARIABLES, JsonSchema>>;

/** The variables that the keywords of a play stand for, with the keywords' places; undefined where it has none. */
export function connectionDefaults(play: Vars): Vars | undefined {
  const given = CONNECTION_KEYWORDS.filter((key) => Object.hasOwn(play, key));
  if (given.length === 0) return undefined;
  const defaults = Object.fromEntries(given.map((key) => [VARIABLES[key], play[key]]));
  for (const key of given) copyEntryPlace(play, key, defaults, VARIABLES[key]);
  return defaults;
}
