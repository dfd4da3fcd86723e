import { describe, expect, it } from 'vitest';
import { adviceFor } from '../../../src/engine/trouble.ts';
import { classifyVirshError } from '../../../src/libvirt/errors.ts';

describe('what to do where libvirt is not reached', () => {
  const failed = (cause: string) => `failed to connect to the hypervisor: ${cause}`;

  it.each([
    // libvirt 9.0.0's own words, each tried there.
    [
      failed("internal error: unexpected qemu URI path '/sytem', try qemu:///system"),
      'qemu:///sytem',
      'wrong_uri',
    ],
    [failed('no connection driver available for xen:///system'), 'xen:///system', 'wrong_uri'],
    [failed('internal error: Unable to parse URI qemu://[/x'), 'qemu://[/x', 'wrong_uri'],
    [
      failed(
        'invalid argument: remote_open: transport in URL not recognised (should be tls|unix|ssh|ext|tcp|libssh2|libssh)',
      ),
      'qemu+foo:///system',
      'wrong_uri',
    ],
    [
      failed("Failed to connect socket to '/var/run/libvirt/libvirt-sock-ro': No such file or directory"),
      'qemu:///system',
      'no_libvirtd',
    ],
  ])('%s', (message, uri, kind) => {
    expect(classifyVirshError(message)).toBe(kind);
    const advice = adviceFor({ kind: classifyVirshError(message), message }, { uri });
    if (kind === 'wrong_uri')
      expect(advice).toBe(`correct libvirt_uri, which is ${uri}: QEMU's is qemu:///system`);
    else expect(advice).toBe('is libvirtd (or virtqemud) running there?');
  });

  it('names the URI where that may be the cause, and not where it is the usual one', () => {
    const socket = { kind: 'no_libvirtd', message: 'x' } as const;
    expect(adviceFor(socket, { uri: 'qemu:///system?socket=/x' })).toContain('qemu:///system?socket=/x');
    const driver = { kind: 'wrong_uri', message: 'x' } as const;
    expect(adviceFor(driver, { uri: 'qemu:///system' })).toMatch(/driver for QEMU/);
  });

  it('is about the words of libvirt_virsh where there are any', () => {
    const access = { uri: 'qemu:///system', virsh: 'docker exec nova virsh' };
    const without = {
      kind: 'no_virsh',
      message: 'docker, with which libvirt_virsh begins, was not found on the host',
    } as const;
    expect(adviceFor(without, access)).toBe(
      'install docker there, or correct libvirt_virsh: docker exec nova virsh',
    );
    expect(adviceFor({ kind: 'no_virsh', message: 'executable file not found' }, access)).toMatch(
      /^correct libvirt_virsh/,
    );
    expect(adviceFor({ kind: 'no_virsh', message: 'x' }, { uri: 'qemu:///system' })).toMatch(
      /^install libvirt-clients/,
    );
  });
});
