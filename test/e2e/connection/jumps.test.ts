import { describe, expect, inject, it } from 'vitest';
import type { ConnectionTarget } from '../../../src/connection/connection.ts';
import { tcpServer } from '../../integration/connection/servers.ts';
import { connect } from '../../unit/connection/connected.ts';
import { failureOn, runOn } from './connected.ts';
import { address, countSince, labTarget, sshdLog, sshdSetting } from './lab_ssh.ts';

const whoami = async (target: ConnectionTarget) =>
  (await runOn(target, 'hostname; echo $SSH_CONNECTION')).stdout;

/** Each on its own machine, as far as sshd is concerned. */
describe.skipIf(inject('lab') === '')('jump hosts of a real lab', () => {
  it('one: the host sees the bastion’s address', async () => {
    const target = await labTarget('hv02', 'Host hv02\n  ProxyJump hv01');
    expect(target.jump).toMatchObject({ address: address('hv01') });
    expect(await whoami(target)).toMatch(new RegExp(`^hv02\n${address('hv01')} `));
  });

  it('two, by one ProxyJump or by the settings of each', async () => {
    for (const text of [
      'Host hv03\n  ProxyJump hv01,hv02',
      'Host hv03\n  ProxyJump hv02\nHost hv02\n  ProxyJump hv01',
    ]) {
      const target = await labTarget('hv03', text);
      expect(await whoami(target)).toMatch(new RegExp(`^hv03\n${address('hv02')} `));
    }
  });

  it('share one login: 60 connections through two hops', async () => {
    const target = await labTarget('hv03', 'Host hv03\n  ProxyJump hv01,hv02', { ansible_timeout: 21 });
    const before = {
      hv01: sshdLog('hv01').length,
      hv02: sshdLog('hv02').length,
      hv03: sshdLog('hv03').length,
    };
    const answers = await Promise.all(Array.from({ length: 60 }, () => whoami(target)));
    expect(new Set(answers.map((answer) => answer.split('\n')[0]))).toEqual(new Set(['hv03']));
    expect(countSince('hv01', before.hv01, /Accepted publickey/)).toBeLessThanOrEqual(1);
    expect(countSince('hv02', before.hv02, /Accepted publickey/)).toBeLessThanOrEqual(1);
    expect(countSince('hv03', before.hv03, /Accepted publickey/)).toBe(60);
  });

  it('that shed load (MaxStartups 2:50:4): all logins get through, without a storm', async () => {
    await sshdSetting('hv03', 'MaxStartups 2:50:4', true);
    try {
      const target = await labTarget('hv03');
      const before = sshdLog('hv03').length;
      const answers = await Promise.all(Array.from({ length: 60 }, () => whoami(target)));
      expect(answers.every((answer) => answer.startsWith('hv03'))).toBe(true);
      const tries =
        countSince('hv03', before, /Connection from/) + countSince('hv03', before, /drop connection/);
      const drops = countSince('hv03', before, /drop connection|past MaxStartups|exited MaxStartups/);
      console.info(`60 logins at MaxStartups 2:50:4: ${tries} connections, ${drops} lines of drops`);
      expect(drops).toBeGreaterThan(0);
      // The first burst is dropped except a few; after that the pace is held.
      expect(tries).toBeLessThan(60 * 3);
    } finally {
      await sshdSetting('hv03', 'MaxStartups 2:50:4', false);
    }
  });

  it('by a ProxyCommand, and its complaint when it fails', async () => {
    const target = await labTarget(
      'hv02',
      `Host hv02\n  ProxyCommand sh -c 'exec ${process.execPath} -e "const s=require(\\"net\\").connect(%p,\\"%h\\");process.stdin.pipe(s).pipe(process.stdout)"'`,
    );
    expect(await whoami(target)).toMatch(/^hv02\n/);
    const broken = await labTarget('hv02', 'Host hv02\n  ProxyCommand echo no way to %h >&2; exit 3');
    expect(await failureOn(broken)).toMatchObject({
      code: 'proxy_command',
      message: expect.stringContaining(`no way to ${address('hv02')}`),
    });
  });

  it('with a host behind it that is not there: named, and no other waits for it', async () => {
    const text = `Host gone\n  HostName ${address('hv02')}\n  Port 1\nHost gone hv02\n  ProxyJump hv01`;
    const [gone, fine] = await Promise.all([labTarget('gone', text), labTarget('hv02', text)]);
    const [error, answer] = await Promise.all([failureOn(gone), whoami(fine)]);
    expect(answer).toMatch(/^hv02/);
    expect(error).toMatchObject({
      code: 'refused',
      message: expect.stringMatching(/hv01 could not connect to gone/),
    });
  });

  it('that forbid forwarding: named', async () => {
    await sshdSetting('hv01', 'AllowTcpForwarding no', true);
    try {
      const error = await failureOn(
        await labTarget('hv02', 'Host hv02\n  ProxyJump hv01\nHost hv01\n  ConnectTimeout 9'),
      );
      expect(error).toMatchObject({ code: 'jump_host', hint: expect.stringContaining('AllowTcpForwarding') });
    } finally {
      await sshdSetting('hv01', 'AllowTcpForwarding no', false);
    }
  });

  it('one that is sick fails its own hosts, once; those behind another go on meanwhile', async () => {
    const port = await tcpServer(() => {});
    const text = `Host sick\n  HostName 127.0.0.1\n  Port ${port}\n  ConnectTimeout 2\nHost a b\n  HostName ${address('hv02')}\n  ProxyJump sick\nHost hv02\n  ProxyJump hv01`;
    const [a, b, fine] = await Promise.all([
      labTarget('a', text),
      labTarget('b', text),
      labTarget('hv02', text),
    ]);
    const order: string[] = [];
    const note = (name: string) => () => void order.push(name);
    const sick = failureOn(a).finally(note('sick'));
    expect(await whoami(fine).finally(note('fine'))).toMatch(/^hv02/);
    expect(await sick).toMatchObject({
      code: 'timeout',
      message: expect.stringMatching(/^a is behind sick: sick .* handshake within 2 s/),
    });
    expect(order).toEqual(['fine', 'sick']);
    // The next does not wait for two seconds again: the same error object's words, at once.
    const soon = await Promise.race([failureOn(b), new Promise((done) => setTimeout(done, 1_000, 'late'))]);
    expect(soon).toMatchObject({ code: 'timeout' });
  });

  it('does not keep the host waiting when the run is interrupted, or its own time is up', async () => {
    const port = await tcpServer(() => {});
    const text = `Host sick\n  HostName 127.0.0.1\n  Port ${port}\nHost a\n  ProxyJump sick`;
    const timed = await failureOn(await labTarget('a', text, { virtune_host_timeout: 0.5 }));
    expect(timed).toMatchObject({ code: 'host_timeout', message: 'a was not done after 0.5 s in all' });
    const abort = new AbortController();
    const waiting = connect(await labTarget('a', text), abort.signal).catch((error: unknown) => error);
    setTimeout(() => abort.abort(), 100);
    expect(await waiting).toMatchObject({ code: 'aborted' });
  });
});
