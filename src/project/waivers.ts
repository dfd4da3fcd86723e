import { type Diagnostic, hasErrors, InputError } from '../model/diagnostic.ts';
import type { BoundWaiver, Waiver } from '../model/waiver.ts';
import { parseWaivers } from '../waivers/parse.ts';
import type { Project } from './project.ts';
import { loadYaml } from './yaml_file.ts';

/** Reads a file of waivers. @throws InputError with all that is wrong, each at its line */
export async function loadWaivers(file: string): Promise<readonly Waiver[]> {
  const { value, diagnostics } = await loadYaml(file, 'file of waivers');
  if (hasErrors(diagnostics)) throw new InputError(diagnostics);
  const parsed = parseWaivers(value, file);
  if (hasErrors(parsed.diagnostics)) throw new InputError(parsed.diagnostics);
  return parsed.waivers;
}

/**
 * The hosts of each waiver, as patterns name them. A host that is no more ends no run: what its waiver was for is
 * waived no more, which is the safe side, and it is warned of.
 */
export function bindWaivers(
  waivers: readonly Waiver[],
  { hostsOf }: Pick<Project, 'hostsOf'>,
): { readonly waivers: readonly BoundWaiver[]; readonly warnings: readonly Diagnostic[] } {
  const warnings: Diagnostic[] = [];
  const bound = waivers.map((waiver): BoundWaiver => {
    if (waiver.hosts === undefined) return { ...waiver, hostNames: null };
    const { hosts, diagnostics } = hostsOf(waiver.hosts, waiver.place);
    for (const one of diagnostics) warnings.push({ ...one, severity: 'warning' });
    return { ...waiver, hostNames: new Set(hosts) };
  });
  return { waivers: bound, warnings };
}
