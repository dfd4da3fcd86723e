import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { askWithJumps, parseHop } from '../../../../src/connection/config/jumps.ts';
import { parseSettings, questionKey, type SshQuestion } from '../../../../src/connection/config/settings.ts';
import { expandPath, expandTokens, type TokenValues } from '../../../../src/connection/config/tokens.ts';
import { connectionTarget } from '../../../../src/connection/target/target.ts';

/** Answers as `ssh -G` would with a ProxyJump for some hosts. */
function configs(jumps: Readonly<Record<string, string>>) {
  return ({ host, user, port, args }: SshQuestion) => {
    const given = args.indexOf('-J');
    const jump = given >= 0 ? args[given + 1] : jumps[host];
    const lines = [`host ${host}`, `hostname ${host}.net`, `user ${user ?? 'cfg'}`, `port ${port ?? 22}`];
    return parseSettings([...lines, ...(jump ? [`proxyjump ${jump}`] : [])].join('\n'), new Set());
  };
}

function way(jumps: Readonly<Record<string, string>>, vars = {}) {
  const options = { localUser: 'me', home: '/home/me', sshConfigs: configs(jumps) };
  const { target, diagnostics } = connectionTarget('h', vars, options);
  const hops: string[] = [];
  for (let hop = target?.jump; hop; hop = hop.jump) hops.push(`${hop.user}@${hop.address}:${hop.port}`);
  return { hops, diagnostics, target };
}

describe('parseHop', () => {
  it.each([
    ['b', { host: 'b' }],
    ['u@b:2222', { host: 'b', user: 'u', port: 2222 }],
    ['ssh://u@b:2222', { host: 'b', user: 'u', port: 2222 }],
    ['[fe80::1%eth0]:22', { host: 'fe80::1%eth0', port: 22 }],
    ['u@corp@b', { host: 'b', user: 'u@corp' }],
    ['', null],
    ['-oProxyCommand=x', null],
    ['@b', null],
    ['b:0', null],
    ['b:70000', null],
    ['b c:x', null],
  ])('%j', (text, hop) => {
    expect(parseHop(text)).toEqual(hop);
  });

  it('never throws, and never yields an option', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        expect(parseHop(text)?.host.startsWith('-')).not.toBe(true);
      }),
    );
  });
});

describe('the way to a host', () => {
  it('leads through the last jump host, reached through those before it, or as its own settings say', () => {
    expect(way({ h: 'a,u@b:2' }).hops).toEqual(['u@b.net:2', 'cfg@a.net:22']);
    expect(way({ h: 'b', b: 'a' }).hops).toEqual(['cfg@b.net:22', 'cfg@a.net:22']);
    expect(way({}).hops).toEqual([]);
    expect(way({}, { ansible_ssh_common_args: '-J x' }).hops).toEqual(['cfg@x.net:22']);
  });

  it('may hold the tokens of ssh_config, which stand for the host that it leads to', () => {
    expect(way({ h: '%r@gw-%n:%p,%h' }).hops).toEqual(['cfg@h.net.net:22', 'cfg@gw-h.net:22']);
    expect(way({ h: 'gw%%1' }).hops).toEqual(['cfg@gw%1.net:22']);
    expect(way({ h: 'gw%C' }).diagnostics[0]?.message).toMatch(/ProxyJump "gw%C" holds %C/);
  });

  it('is refused where the proxy command holds what nobody can expand: it would be left out', () => {
    const sshConfigs = () => parseSettings('hostname h\nproxycommand nc %T %p', new Set());
    const { target, diagnostics } = connectionTarget('h', {}, { localUser: 'me', home: '/', sshConfigs });
    expect(target).toBeNull();
    expect(diagnostics).toMatchObject([{ severity: 'error', message: expect.stringContaining('%T') }]);
  });

  it('has none of the host’s own login and deadline for the whole', () => {
    const vars = {
      ansible_user: 'root',
      ansible_password: 's',
      ansible_private_key_file: '/k',
      virtune_host_timeout: 9,
      ansible_timeout: 3,
    };
    const { target } = way({ h: 'b' }, vars);
    expect(target).toMatchObject({ user: 'root', hostTimeoutMs: 9_000, connectTimeoutMs: 3_000 });
    expect(target?.jump).toMatchObject({ user: 'cfg', connectTimeoutMs: 3_000 });
    for (const name of ['password', 'privateKeyFile', 'hostTimeoutMs'])
      expect(target?.jump).not.toHaveProperty(name);
  });

  it('is refused where it goes in a circle, or can’t be read', () => {
    expect(way({ h: 'b', b: 'b' }).diagnostics[0]?.message).toMatch(/circle at b/);
    expect(way({ h: 'b', b: 'c', c: 'b' }).target).toBeNull();
    expect(way({ h: '-x' }).diagnostics[0]?.message).toMatch(/ProxyJump "-x" is not a list/);
  });

  it('is asked for level by level, each question once', async () => {
    const asked: string[][] = [];
    const answers = configs({ h1: 'b', h2: 'b', b: 'a' });
    const ask = async (questions: readonly SshQuestion[]) => void asked.push(questions.map(questionKey));
    await askWithJumps({ ask, configs: answers }, [
      { host: 'h1', args: ['-F', 'x'] },
      { host: 'h2', args: ['-F', 'x'] },
    ]);
    expect(asked.map((level) => level.length)).toEqual([2, 1, 1]);
    expect(asked[2]?.[0]).toContain('["-F","x"]');
  });
});

describe('tokens', () => {
  const values: TokenValues = {
    hostName: 'h.net',
    host: 'h',
    port: 2,
    user: 'root',
    hostKeyAlias: undefined,
    jump: 'b',
    hash: 'abc',
    local: { user: 'me', uid: 7, home: '/home/me', hostName: 'pc.net', env: { X: 'x' } },
  };

  it('are expanded as OpenSSH does', () => {
    expect(expandTokens('%%h %h %n %p %r %u %i %d %L %l %k %j %C', values)).toEqual({
      text: '%h h.net h 2 root me 7 /home/me pc pc.net h b abc',
    });
    expect(expandPath(['~/$', '{X}/%r'].join(''), values)).toEqual({ text: '/home/me/x/root' });
  });

  it('are named where they are unknown', () => {
    expect(expandTokens('a%T', values)).toEqual({ unknown: '%T' });
    expect(expandTokens('a%', values)).toEqual({ unknown: '%' });
    expect(expandPath(['$', '{NO}'].join(''), values)).toEqual({ unknown: ['$', '{NO}'].join('') });
  });
});
