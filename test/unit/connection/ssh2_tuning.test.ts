import { Duplex } from 'node:stream';
import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { clientAlgorithms, writeLater } from '../../../src/connection/ssh2/tuning.ts';
import { targetOf } from './fixtures.ts';

describe('what a server is asked for', () => {
  it('is the cheapest secure algorithm first, and nothing compressed', () => {
    const { kex, cipher, compress } = clientAlgorithms(targetOf({}), ['ssh-ed25519']);
    expect((kex as string[])[0]).toBe('curve25519-sha256');
    expect((cipher as string[]).slice(0, 3)).toEqual([
      'aes128-gcm@openssh.com',
      'aes256-gcm@openssh.com',
      'chacha20-poly1305@openssh.com',
    ]);
    expect([...(kex as string[]), ...(cipher as string[])].join()).not.toMatch(/sha1|group|cbc|arcfour/);
    expect(compress).toEqual(['none']);
  });

  it('is what ssh_config names, in its order', () => {
    const algorithms = {
      kex: ['ecdh-sha2-nistp521', 'diffie-hellman-group14-sha256'],
      cipher: ['aes256-ctr', 'aes128-gcm@openssh.com'],
    };
    expect(clientAlgorithms(targetOf({ algorithms }), ['ssh-ed25519'])).toMatchObject(algorithms);
  });
});

describe('a stream inside another connection', () => {
  function recorder(): { stream: Duplex; seen: string[] } {
    const seen: string[] = [];
    const stream = new Duplex({
      read: () => {},
      write: (chunk, _, done) => {
        seen.push(String(chunk));
        done();
      },
      final: (done) => {
        seen.push('end');
        done();
      },
    });
    writeLater(stream);
    return { stream, seen };
  }

  it('is written to when the caller is done, in order, time and again', async () => {
    const { stream, seen } = recorder();
    for (const word of ['a', 'b', 'c', 'd']) {
      stream.write(word);
      stream.write(word.toUpperCase());
      expect(seen.join('')).not.toContain(word);
      await turn();
    }
    expect(seen.join('')).toBe('aAbBcCdD');
  });

  it('ends after all that was written', async () => {
    const { stream, seen } = recorder();
    stream.write('last');
    stream.end('words');
    await turn();
    expect(seen).toEqual(['last', 'words', 'end']);
  });
});
