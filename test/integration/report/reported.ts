import type { HostResult } from '../../../src/model/result.ts';
import { resourceEntry } from '../../../src/reporters/resource.ts';

/** A host with what it has as the JSON report shows it. */
export function reported(host: HostResult) {
  // biome-ignore lint/suspicious/noExplicitAny: entries of a report, whatever is asked of them
  return { ...host, resources: host.resources.map((change): any => resourceEntry(change)) };
}
