import { DEFAULT_URI, type LibvirtAccess, SAFE_URI } from '../libvirt/script.ts';
import { virshWords } from '../libvirt/virsh_words.ts';
import type { Diagnostic } from '../model/diagnostic.ts';
import type { Vars } from '../model/inventory.ts';
import { placeOf } from '../yaml/places.ts';

/**
 * How a host's variables say that libvirt is reached there: `libvirt_uri`, or `ansible_libvirt_uri` as Ansible's own
 * plugins for libvirt read it, and `libvirt_virsh`.
 * @returns `access` is null where a diagnostic is an error
 */
export function libvirtAccess(vars: Vars): {
  readonly access: LibvirtAccess | null;
  readonly diagnostics: readonly Diagnostic[];
} {
  const uri = hostUri(vars);
  const virsh = hostVirsh(vars);
  const diagnostics = [uri, virsh].filter((found) => found !== undefined && typeof found !== 'string');
  if (typeof uri !== 'string' || (virsh !== undefined && typeof virsh !== 'string'))
    return { access: null, diagnostics };
  return { access: virsh === undefined ? { uri } : { uri, virsh }, diagnostics };
}

function hostUri(vars: Vars): string | Diagnostic {
  const name = ['libvirt_uri', 'ansible_libvirt_uri'].find((each) => Object.hasOwn(vars, each));
  if (name === undefined) return DEFAULT_URI;
  const uri = vars[name];
  if (typeof uri === 'string' && SAFE_URI.test(uri)) return uri;
  return {
    severity: 'error',
    message: `${name} ${JSON.stringify(uri)} is not a libvirt connection URI`,
    hint: `the default is ${DEFAULT_URI}`,
    place: placeOf(vars, name),
  };
}

function hostVirsh(vars: Vars): string | undefined | Diagnostic {
  const { libvirt_virsh: value } = vars;
  if (value === undefined || value === null) return undefined;
  const place = placeOf(vars, 'libvirt_virsh');
  if (typeof value !== 'string')
    return {
      severity: 'error',
      message: 'libvirt_virsh must be a text of words, e.g. docker exec nova_libvirt virsh',
      place,
    };
  const read = virshWords(value);
  if ('words' in read) return read.words === 'virsh' ? undefined : read.words;
  return {
    severity: 'error',
    message: `libvirt_virsh ${JSON.stringify(value)} ${read.problem}`,
    hint: read.hint,
    place,
  };
}
