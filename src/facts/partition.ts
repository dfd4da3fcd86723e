import { child, text } from '../libvirt/xml.ts';
import type { DomainFact } from './fact.ts';

/**
 * The cgroup that libvirt puts a VM below: printed of what runs where the host has cgroups (qemuInitCgroup; seen with
 * cgroup v2, and missing without), else only where the owner has written it. '' where there is none.
 */
export const partitionFact: DomainFact<string> = {
  of: 'domain',
  name: 'partition',
  keep: ['domain/resource/partition'],
  parse: (domain) => text(child(child(domain, 'resource'), 'partition')).trim(),
};
