import type { CloudError } from './errors.ts';

/** Which of Neutron's rules (`policy.yaml`) a request needs, and who has that by default. */
const NEEDS: readonly (readonly [RegExp, string])[] = [
  [/ (?:PUT|POST|DELETE) \S*\/policies\/[^/]+\/tags/, 'update_policies_tags, by default the role admin'],
  [/ POST \S*\/qos\/policies gets/, 'create_policy, by default the role admin'],
  [
    / (?:POST|PUT|DELETE) \S*\/bandwidth_limit_rules/,
    'create_policy_bandwidth_limit_rule, update_… and delete_policy_bandwidth_limit_rule, by default the role admin',
  ],
  [/ DELETE \S*\/qos\/policies\//, 'delete_policy, by default the role admin'],
  [
    / PUT \S*\/ports\//,
    'update_port and update_port:qos_policy_id, by default the role admin; of a port of another project only admin and advsvc know',
  ],
  [/ GET \S*\/qos\/policies/, 'get_policy, by default every role for what it may use'],
];

/** What a cloud answered, with the right that the login lacks where that is why. */
export function rightsText({ message, code }: CloudError): string {
  if (code === 'unauthorized')
    return `${message}; look at the user, password or application credential in clouds.yaml`;
  if (code !== 'forbidden') return message;
  const need = NEEDS.find(([request]) => request.test(message))?.[1];
  return `${message}; this login needs Neutron's ${need === undefined ? 'rule for that, by default the role admin' : `rule ${need}`}`;
}
