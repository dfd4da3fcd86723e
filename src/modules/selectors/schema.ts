/** The parts of a rule's JSON Schema that all modules share. */

const glob = (what: string) => ({
  description: `${what}; a glob: * ? [abc] [!abc].`,
  type: 'string',
  minLength: 1,
});

const STATE_NAMES = ['running', 'paused', 'shutoff', 'shut off', 'other'];

/** Properties of every rule: which VMs, which state, and what is said of it. */
export const SELECTOR_PROPERTIES = {
  name: { description: 'What the rule is for; shown in reports.', type: 'string' },
  domain: {
    description: 'VMs by libvirt name (glob) or UUID; a list of those; a leading ! excludes.',
    type: ['string', 'array'],
    minLength: 1,
    minItems: 1,
    items: { type: 'string', minLength: 1 },
  },
  match: {
    description: 'Conditions on the VM; all of them must hold.',
    type: 'object',
    additionalProperties: false,
    minProperties: 1,
    properties: {
      state: {
        description: `The VM's state, or a list of states: ${STATE_NAMES.join(', ')}.`,
        type: ['string', 'array'],
        if: { type: 'string' },
        // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema
        then: { enum: STATE_NAMES },
        else: { minItems: 1, items: { enum: STATE_NAMES } },
      },
      persistent: { description: 'Whether the VM is defined beyond its current run.', type: 'boolean' },
      title: glob('The VM’s title'),
      nova: {
        description: 'What OpenStack Nova wrote into the metadata of the VM.',
        type: 'object',
        additionalProperties: false,
        minProperties: 1,
        properties: {
          name: glob('The display name'),
          flavor: glob('The name of the flavor'),
          project: glob('The name of the project, or its ID'),
          user: glob('The name of the user, or its ID'),
        },
      },
      server: {
        description:
          'What the cloud says of the server that the VM is, on hosts of an OpenStack inventory (docs/openstack.md).',
        type: 'object',
        additionalProperties: false,
        minProperties: 1,
        properties: {
          name: glob('The server’s name, or its ID'),
          project: glob('The name of the project, or its ID'),
          flavor: glob('The name of the flavor'),
          status: {
            description: 'The status, or a list of them: ACTIVE, SHUTOFF, PAUSED, …',
            type: ['string', 'array'],
            minLength: 1,
            minItems: 1,
            items: { type: 'string', minLength: 1 },
          },
          locked: { description: 'Whether the server is locked.', type: 'boolean' },
          tags: {
            description: 'A tag, or a list of tags of which the server has each; globs.',
            type: ['string', 'array'],
            minLength: 1,
            minItems: 1,
            items: { type: 'string', minLength: 1 },
          },
          metadata: {
            description: 'Keys of the server’s metadata with their values; globs.',
            type: 'object',
            minProperties: 1,
            additionalProperties: { type: 'string' },
          },
        },
      },
    },
  },
  apply_to: {
    description: 'Which of libvirt’s states: both (the default), live or config.',
    enum: ['both', 'live', 'config'],
  },
  skip_unsupported: {
    description:
      'All that libvirt can limit is meant: what it cannot is told as `unsupported` and does not fail its host.',
    type: 'boolean',
  },
  required: { description: 'Naming nothing on any host of the play is an error.', type: 'boolean' },
} as const;

/** What is wrong with a rule that does not say which VMs it means; null for one that does. */
export function namesNoVm(rule: unknown): { readonly message: string; readonly hint: string } | null {
  const named = ['domain', 'match'].some((key) => Object.hasOwn(rule as object, key));
  if (named) return null;
  return { message: 'the rule names no VM', hint: 'write domain: "*" if every VM of the hosts is meant' };
}
