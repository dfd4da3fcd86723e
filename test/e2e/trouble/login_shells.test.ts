import { describe, expect, it } from 'vitest';
import { LAB } from '../lab.ts';
import { during, LIBVIRTD_START, LIBVIRTD_STOP, onHost, realHost, SSHD } from './real_host.ts';

describe.skipIf(LAB === '')('login shells of a real host', { concurrent: false }, () => {
  const { beside, expectChanged } = realHost();

  it('a banner, and a profile that is never quiet', async () => {
    const noisy = `
      cp /root/.bashrc /tmp/bashrc
      { echo 'echo welcome; echo "error: not one of virsh"; printf "no end of line"'
        echo 'echo "error: stty: not a tty" >&2; printf "\\033[2Jno end of line" >&2'; cat /tmp/bashrc; } >/root/.bashrc
      yes 'AUTHORISED USE ONLY' | head -100 >/tmp/banner
      echo 'Banner /tmp/banner' >/run/lab/sshd.d/banner.conf; ${SSHD}`;
    const quiet = `cp /tmp/bashrc /root/.bashrc; rm /run/lab/sshd.d/banner.conf; ${SSHD}`;
    await expectChanged(await during(noisy, quiet, () => beside()));
  });

  it.each(['fish', 'csh', 'zsh', 'dash'])('%s', async (shell) => {
    const path = (await onHost('command -v "$0" || true', shell)).trim();
    if (path === '') {
      if (process.env.CI) throw new Error(`${shell} is missing, and in CI that is a failure`);
      console.warn(`left out: ${shell} as a login shell, it is not installed`);
      return;
    }
    await expectChanged(await during(`usermod -s ${path} root`, 'usermod -s /bin/bash root', () => beside()));
  });

  it('none', async () => {
    const { code, host } = await during(
      'usermod -s /usr/sbin/nologin root',
      'usermod -s /bin/bash root',
      () => beside(),
    );
    expect([code, host.status, host.errorCode]).toEqual([3, 'failed', 'no_answer']);
    expect(host.error).toContain('This account is currently not available.');
  });

  it('another language', async () => {
    // What libvirt's translation has, in a file of its own: Debian's is seldom installed.
    const german = gettextCatalogue({
      "Failed to connect socket to '%s'": "Verbindung zum Socket '%s' gescheitert",
      'failed to connect to the hypervisor': 'Verbindung zum Hypervisor gescheitert',
      'shut off': 'ausgeschaltet',
      paused: 'pausiert',
    });
    const begin = `
      mkdir -p /tmp/locale/de/LC_MESSAGES
      base64 -d >/tmp/locale/de/LC_MESSAGES/libvirt.mo <<<${german}
      mount --bind /tmp/locale /usr/share/locale
      echo 'SetEnv LC_ALL=C.UTF-8 LANG=de_DE.UTF-8 LANGUAGE=de' >/run/lab/sshd.d/language.conf; ${SSHD}`;
    const end = `umount /usr/share/locale; rm /run/lab/sshd.d/language.conf; ${SSHD}`;
    await during(begin, end, async () => {
      const inGerman = 'LC_ALL=C.UTF-8 LANGUAGE=de virsh -q list --all';
      expect(await onHost(inGerman)).toMatch(/tr-real +pausiert/);
      await expectChanged(await beside());
      const { host } = await during(LIBVIRTD_STOP, LIBVIRTD_START, () => beside());
      expect([host.status, host.errorCode]).toEqual(['failed', 'no_libvirtd']);
    });
  });
});

/** A catalogue as msgfmt makes it, in base64. */
function gettextCatalogue(messages: Readonly<Record<string, string>>): string {
  const header = 'Content-Type: text/plain; charset=UTF-8\n';
  const pairs = Object.entries({ '': header, ...messages }).sort(([a], [b]) => (a < b ? -1 : 1));
  const tables = Buffer.alloc(28 + pairs.length * 16);
  const texts: Buffer[] = [];
  let offset = tables.length;
  const head = [0x950412de, 0, pairs.length, 28, 28 + pairs.length * 8, 0, offset];
  for (const [index, word] of head.entries()) tables.writeUInt32LE(word, index * 4);
  for (const column of [0, 1] as const) {
    for (const [index, pair] of pairs.entries()) {
      const text = Buffer.from(`${pair[column]}\0`);
      const at = 28 + column * pairs.length * 8 + index * 8;
      tables.writeUInt32LE(text.length - 1, at);
      tables.writeUInt32LE(offset, at + 4);
      texts.push(text);
      offset += text.length;
    }
  }
  return Buffer.concat([tables, ...texts]).toString('base64');
}
