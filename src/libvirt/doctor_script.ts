import { pathsWord } from './filter_script.ts';
import { BEGIN, END, READ_BODY, type ReadRequest, renderProgram } from './script.ts';

/** What libvirt's limits need of the kernel: module and the name of its setting (libvirt facts, section 3.1). */
export const TC_MODULES = {
  sch_htb: 'NET_SCH_HTB',
  sch_sfq: 'NET_SCH_SFQ',
  cls_fw: 'NET_CLS_FW',
  sch_ingress: 'NET_SCH_INGRESS',
  cls_u32: 'NET_CLS_U32',
  act_police: 'NET_ACT_POLICE',
} as const;

export type TcModule = keyof typeof TC_MODULES;

/** Starts a section of the answer with the output of some commands, what they say on standard error too. */
const section = (name: string, commands: string) => `echo "$m:${name}"; { ${commands}; } </dev/null 2>&1`;

/**
 * How the kernel has each module: loaded, builtin, there to be loaded, or absent, as far as anything readable tells.
 * A kernel may have its list of modules, its configuration, both or neither where we can see it.
 */
const MODULES = [
  'r=/lib/modules/$(uname -r)',
  'cat /proc/sys/kernel/modules_disabled',
  'c=$( { zcat /proc/config.gz || cat /boot/config-$(uname -r); } 2>/dev/null )',
  `for i in ${Object.entries(TC_MODULES)
    .map(([module, setting]) => `${module}:${setting}`)
    .join(' ')}; do n=\${i%:*} k=CONFIG_\${i#*:};` +
    ' if [ -d /sys/module/$n ]; then echo $n loaded;' +
    ' elif grep -q "/$n[.]ko" $r/modules.builtin; then echo $n builtin;' +
    ' elif grep -q "^[^:]*/$n[.]ko[^:]*:" $r/modules.dep; then echo $n available;' +
    ' elif [ -r $r/modules.dep ]; then echo $n absent;' +
    ' else case $c in *$k=y*) echo $n builtin;; *$k=m*) echo $n unknown;;' +
    ' *$k\\ is\\ not\\ set*) echo $n absent;; *) echo $n unknown;; esac; fi; done',
]
  .join('; ')
  .replaceAll('\\ ', '?');

/**
 * Looks at all that virtune needs of a host, then reads it as READ_PROGRAM does. Changes nothing.
 * Arguments: marker, URI, paths of elements to keep.
 */
export const DOCTOR_PROGRAM = [
  BEGIN,
  section('time', 'date +%s'),
  section('who', 'id -un; id -Gn; echo $VIRTUNE_MODE'),
  section('login', 's=$SUDO_USER$DOAS_USER; [ -n "$s" ] || s=$(id -un); getent passwd "$s"'),
  section('kernel', 'uname -sr'),
  section('tc', 'command -v tc && tc -V'),
  section('modules', MODULES),
  section('ovs', 'command -v ovs-vsctl && ovs-vsctl --version && ovs-vsctl --timeout=5 list-br'),
  section('client', '$V --version'),
  section('version', '$V -r -c "$u" "uri;version --daemon"'),
  READ_BODY,
  END,
].join('; ');

/** Command line that examines a host. */
export function renderDoctor({ marker, uri, virsh, keep }: ReadRequest): string {
  return renderProgram(DOCTOR_PROGRAM, [marker, uri, pathsWord(keep), ''], virsh);
}
