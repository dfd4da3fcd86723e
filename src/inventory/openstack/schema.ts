/** An inventory file of virtune's own plugin, as JSON Schema: validated by ajv. */

const names = (what: string) => ({
  description: `${what}: a name, or a list of names.`,
  type: ['string', 'array'],
  minLength: 1,
  minItems: 1,
  items: { type: 'string', minLength: 1 },
});

const template = (what: string) => ({ description: what, type: 'string', minLength: 1 });

/** Keys of both kinds of file that mean the same. */
const PLUGIN = { description: 'What reads the file.', type: 'string' };

export const OPENSTACK_SCHEMA = {
  type: 'object',
  additionalProperties: false,
  required: ['plugin'],
  properties: {
    plugin: PLUGIN,
    clouds: names(
      'The clouds of clouds.yaml; without it the one of OS_CLOUD, of OS_AUTH_URL and others, or the only one',
    ),
    clouds_yaml: { description: 'The clouds.yaml, seen from this file.', type: 'string', minLength: 1 },
    regions: names('Only these regions; without it those of clouds.yaml, or the only one of the catalog'),
    hostname: template(
      'What hosts are called: name (the default), host, host_ip, or a template with "openstack".',
    ),
    address: template(
      'How they are reached: host_ip (the default), name, host, or a template with "openstack".',
    ),
  },
};

/** What of the options of Ansible's `openstack.cloud.openstack` has a meaning where hypervisors are the hosts. */
export const ANSIBLE_SCHEMA = {
  type: 'object',
  additionalProperties: false,
  properties: {
    plugin: PLUGIN,
    only_clouds: names('The clouds of clouds.yaml; all of them without it'),
    clouds_yaml_path: names('The clouds.yaml'),
    fail_on_errors: { description: 'A cloud that does not answer is an error in any case.', type: 'boolean' },
  },
};

/** Its other options: what they say of servers as hosts, or of what Ansible makes of them. */
export const ANSIBLE_ONLY: readonly string[] = [
  ...[
    'all_projects',
    'show_all',
    'inventory_hostname',
    'use_names',
    'expand_hostvars',
    'private',
    'only_ipv4',
  ],
  ...['compose', 'groups', 'keyed_groups', 'leading_separator', 'strict', 'use_extra_vars', 'legacy_groups'],
  ...['cache', 'cache_connection', 'cache_plugin', 'cache_prefix', 'cache_timeout'],
];
