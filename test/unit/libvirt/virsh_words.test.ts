import { describe, expect, it } from 'vitest';
import { renderProgram } from '../../../src/libvirt/script.ts';
import { virshWords } from '../../../src/libvirt/virsh_words.ts';

describe('words that run virsh', () => {
  it.each([
    'virsh',
    '/opt/libvirt/bin/virsh',
    'docker exec nova_libvirt virsh',
    'docker exec -i -u 0 -e LC_ALL=C nova_libvirt /usr/bin/virsh',
    'sudo -n podman exec nova_libvirt virsh',
    'kubectl exec -n openstack libvirt-default-x7k2p -c libvirt -- virsh',
    'chroot /srv/libvirt virsh',
    'nsenter -t 4711 -m -- virsh',
    'env LC_ALL=C virsh',
    '/usr/local/bin/kolla-virsh',
  ])('%s', (text) => {
    expect(virshWords(text)).toEqual({ words: text });
    expect(renderProgram('x', ['y'], text)).toContain(
      text === 'virsh' ? "'x' virtune 'y'" : `'x' '${text}' 'y'`,
    );
  });

  it('are separated by any number of blanks', () => {
    expect(virshWords('  docker  exec nova_libvirt   virsh ')).toEqual({
      words: 'docker exec nova_libvirt virsh',
    });
  });

  it.each([
    ['', /empty/],
    ['   ', /empty/],
    ['docker exec nova_libvirt', /does not end with virsh, but with nova_libvirt/],
    ['docker exec nova_libvirt virsh -r', /does not end with virsh, but with -r/],
    ['docker exec nova_libvirt virsh list', /but with list/],
    ['rm -rf --virsh', /does not end with virsh/],
    ['-c virsh', /begins with -c/],
    ['bin/virsh', /begins with bin\/virsh/],
    ['./virsh', /begins with .\/virsh/],
    ['~/bin/virsh', /holds "~\/bin\/virsh"/],
    ['LC_ALL=C virsh', /begins with LC_ALL=C/],
    ['virtune virsh', /begins with virtune/],
    ['docker exec $(id) virsh', /holds "\$\(id\)"/],
    ['docker exec nova_libvirt; virsh', /holds "nova_libvirt;"/],
    ['docker exec "nova_libvirt" virsh', /no quotes/],
    ["docker exec 'x' virsh", /no quotes/],
    ['docker exec *\tvirsh', /holds/],
    ['docker exec x\nvirsh', /holds/],
    ['exec virsh', /a word of the shell/],
    ['eval virsh', /runs eval/],
    ['ssh hv1 virsh', /runs ssh/],
    ['/bin/sh -c virsh', /runs \/bin\/sh/],
    ['docker exec nova_libvirt bash -c virsh', /runs bash/],
    ['docker exec -it nova_libvirt virsh', /terminal \(-it\)/],
    ['podman exec --tty nova_libvirt virsh', /terminal \(--tty\)/],
  ])('not %j', (text, problem) => {
    expect(virshWords(text)).toMatchObject({ problem: expect.stringMatching(problem) });
  });
});
