import { MODULES } from '../../src/modules/index.ts';

type Schema = Readonly<Record<string, unknown>>;

/** Variables of hosts that virtune reads by their names, each with its schema. */
export const VARIABLES: Readonly<Record<string, Schema>> = {
  ...Object.fromEntries(MODULES.flatMap(variablesOf)),
  libvirt_uri: {
    description:
      'libvirt’s URI on the host; qemu:///system where it is absent. `ansible_libvirt_uri` says the same.',
    type: 'string',
  },
  libvirt_virsh: {
    description:
      'The words that run virsh on the host, e.g. `docker exec nova_libvirt virsh`: docs/containers.md. `virsh` where it is absent.',
    type: 'string',
  },
};

function variablesOf({ name, schema, variables = {} }: (typeof MODULES)[number]): [string, Schema][] {
  const args = schema.properties as Readonly<Record<string, Schema>>;
  const rules = `Rules of \`${name}\`, for playbooks to name, and as \`explain\` and \`validate\` take them without a playbook.`;
  const forArguments = Object.entries(variables).map(([arg, variable]): [string, Schema] => [
    variable,
    {
      ...args[arg],
      description: `${args[arg]?.description} For \`${arg}\` of \`${name}\` where a task does not give it.`,
    },
  ]);
  return [[name, { ...args.rules, description: rules }], ...forArguments];
}
