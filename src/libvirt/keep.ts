import { domainPaths } from './domain_xml.ts';
import { NETWORK_PATHS } from './network_xml.ts';

/** What a host is to keep of its descriptions (filter_script.ts): all that the parsers here read, and no more. */
export function keepPaths(needs: { readonly metadata: boolean }): readonly string[] {
  return [...domainPaths(needs), ...NETWORK_PATHS];
}
