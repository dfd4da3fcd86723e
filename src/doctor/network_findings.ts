import { plural } from '../base/text.ts';
import { networkFactsOf } from '../facts/fact.ts';
import { networksFact } from '../facts/networks.ts';
import { type DomainNic, domainNics, supportsLimits } from '../modules/nic_limits/domain_nic.ts';
import type { Examination, ModuleState } from './examination.ts';
import { type Finding, finding, ok } from './finding.ts';

/**
 * What libvirt and the kernel need to put limits in force, and the NICs that are there to be limited.
 * @param elsewhere virsh is run by something else, a container perhaps: libvirt's own tc and ovs-vsctl are those of the
 *   place where its daemon runs, and all that is looked at is the host
 */
export function networkFindings(
  found: Examination,
  nics: readonly DomainNic[] | null,
  elsewhere = false,
): Finding[] {
  const tools = [tcFinding(found), ovsFinding(found, nics)].map((tool) =>
    elsewhere && tool.status === 'problem' ? unseen(tool) : tool,
  );
  const [tc, ovs] = tools as [Finding, Finding];
  return [tc, modulesFinding(found), ovs, nicsFinding(nics)];
}

function unseen({ check }: Finding): Finding {
  const name = check === 'tc' ? 'tc' : 'ovs-vsctl';
  return finding(
    check,
    'unknown',
    `${name} does not answer on the host itself; libvirt uses the one of its container`,
  );
}

/** The NICs of all VMs; null where they could not be read. */
export function nicsOfHost({ facts }: Examination): readonly DomainNic[] | null {
  return 'kind' in facts
    ? null
    : facts.domains.flatMap((domain) => domainNics(domain, networkFactsOf(facts, networksFact)));
}

function tcFinding({ tc }: Examination): Finding {
  if (tc !== '') return ok('tc', tc);
  return finding(
    'tc',
    'problem',
    'was not found: libvirt cannot limit anything without it',
    'install iproute2',
  );
}

function modulesFinding({ modules, kernel, mayLoadModules }: Examination): Finding {
  const having = (...states: ModuleState[]) =>
    Object.entries(modules)
      .filter(([, state]) => states.includes(state))
      .map(([name]) => name);
  const unloadable = mayLoadModules ? [] : having('available');
  const absent = [...having('absent'), ...unloadable];
  if (absent.length > 0) {
    return finding(
      'kernel_modules',
      'problem',
      `${kernel} has no ${absent.join(', ')}${unloadable.length > 0 ? ' (and may load none until it is started again)' : ''}: limits of running VMs fail halfway`,
      'install the whole kernel: linux-modules-extra (Ubuntu), kernel-modules-extra (RHEL), linux-image-amd64 in place of -cloud-amd64 (Debian)',
    );
  }
  const unknown = having('unknown');
  if (unknown.length > 0)
    return finding(
      'kernel_modules',
      'unknown',
      `${kernel} does not tell whether it has ${unknown.join(', ')}`,
    );
  const waiting = having('available');
  const text =
    waiting.length === 0 ? 'all there' : `all there; ${waiting.join(', ')} will be loaded when needed`;
  return ok('kernel_modules', text);
}

function ovsFinding({ ovs, ovsTrouble, user }: Examination, nics: readonly DomainNic[] | null): Finding {
  const ports = nics?.filter((nic) => nic.isOvs).length ?? 0;
  if (ovs === '') {
    if (ports === 0) return ok('ovs', nics === null ? 'not installed' : 'not installed, and no NIC needs it');
    const text = `${plural(ports, 'NIC')} on Open vSwitch, and no ovs-vsctl for libvirt to limit them with`;
    return finding('ovs', 'problem', text, 'install openvswitch-switch');
  }
  const text = `${ovs}, ${plural(ports, 'NIC')} on it`;
  if (ovsTrouble === '' || user !== 'root') return ok('ovs', text);
  return finding(
    'ovs',
    ports === 0 ? 'warning' : 'problem',
    `${text}, but it does not answer: ${ovsTrouble}`,
    'systemctl status openvswitch-switch',
  );
}

function nicsFinding(nics: readonly DomainNic[] | null): Finding {
  if (nics === null) return finding('nics', 'unknown', 'the VMs could not be read');
  if (nics.length === 0) return ok('nics', 'there are none');
  const kinds = new Map<string, number>();
  for (const nic of nics) {
    const kind = nic.isOvs ? 'Open vSwitch' : nic.type;
    kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
  }
  const list = [...kinds].sort((a, b) => b[1] - a[1]).map(([kind, count]) => `${kind} ${count}`);
  const text = `${plural(nics.length, 'NIC')} (${list.join(', ')})`;
  const limitable = nics.filter(supportsLimits).length;
  if (limitable === nics.length) return ok('nics', `${text}, all of kinds that libvirt can limit`);
  const others = [...new Set(nics.filter((nic) => !supportsLimits(nic)).map((nic) => nic.type))];
  return finding(
    'nics',
    'warning',
    `${text}, of which libvirt can limit ${limitable}: not those of type ${others.join(', ')}`,
    'leave those out of rules, or give the VMs NICs of type bridge or network',
  );
}
