import { createHmac } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  judgeHostKey,
  knownHostsLine,
  knownKeyTypes,
  parseKnownHosts,
} from '../../../src/connection/host_keys/known_hosts.ts';

function keyOf(type: string, seed: string): string {
  const name = Buffer.from(type);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(name.length);
  return Buffer.concat([length, name, Buffer.from(seed.padEnd(32, '.'))]).toString('base64');
}

const ED = 'ssh-ed25519';
const RSA = 'ssh-rsa';
const A = keyOf(ED, 'a');
const B = keyOf(ED, 'b');
const R = keyOf(RSA, 'r');

function hashed(name: string, salt = 'saltsaltsaltsaltsalt'): string {
  const hash = createHmac('sha1', salt).update(name).digest('base64');
  return `|1|${Buffer.from(salt).toString('base64')}|${hash}`;
}

function verdict(text: string, address: string, port: number, type = ED, key = A): string {
  const result = judgeHostKey([parseKnownHosts('kh', text)], address, port, type, key);
  return 'entry' in result ? `${result.kind} ${result.entry.file}:${result.entry.line}` : result.kind;
}

describe('known_hosts', () => {
  it.each([
    ['a plain name', `hv1 ${ED} ${A}`, 'hv1', 22, 'known kh:1'],
    [
      'a key of the bare name, where the port has another of its type',
      `[hv1]:2222 ${ED} ${B}\nhv1 ${ED} ${A}`,
      'hv1',
      2222,
      'changed kh:1',
    ],
    [
      'a key of the bare name, where the port has one of another type',
      `[hv1]:2222 ${RSA} ${R}\nhv1 ${ED} ${A}`,
      'hv1',
      2222,
      'known kh:2',
    ],
    ['any case', `HV1 ${ED} ${A}`, 'hv1', 22, 'known kh:1'],
    ['any case of the address', `hv1 ${ED} ${A}`, 'HV1', 22, 'known kh:1'],
    ['a list', `hv0,hv1,10.0.0.1 ${ED} ${A}`, '10.0.0.1', 22, 'known kh:1'],
    ['not part of a name', `hv10 ${ED} ${A}`, 'hv1', 22, 'unknown'],
    ['star', `*.example.net ${ED} ${A}`, 'hv1.example.net', 22, 'known kh:1'],
    ['question mark', `hv? ${ED} ${A}`, 'hv1', 22, 'known kh:1'],
    ['question mark is one character', `hv? ${ED} ${A}`, 'hv12', 22, 'unknown'],
    ['negation', `hv*,!hv1 ${ED} ${A}`, 'hv1', 22, 'unknown'],
    ['negation of another', `hv*,!hv1 ${ED} ${A}`, 'hv2', 22, 'known kh:1'],
    ['negation alone names nobody', `!hv1 ${ED} ${A}`, 'hv2', 22, 'unknown'],
    ['port', `[hv1]:2201 ${ED} ${A}`, 'hv1', 2201, 'known kh:1'],
    ['another port', `[hv1]:2202 ${ED} ${A}`, 'hv1', 2201, 'unknown'],
    ['a port pattern', `[hv*]:* ${ED} ${A}`, 'hv1', 2201, 'known kh:1'],
    ['the bare name vouches for other ports', `hv1 ${ED} ${A}`, 'hv1', 2201, 'known kh:1'],
    ['the bare name accuses no other port', `hv1 ${ED} ${B}`, 'hv1', 2201, 'unknown'],
    ['a port says nothing of port 22', `[hv1]:2201 ${ED} ${A}`, 'hv1', 22, 'unknown'],
    ['IPv6', `fe80::1%eth0 ${ED} ${A}`, 'fe80::1%eth0', 22, 'known kh:1'],
    ['IPv6 with a port', `[::1]:2201 ${ED} ${A}`, '::1', 2201, 'known kh:1'],
    ['hashed', `${hashed('hv1')} ${ED} ${A}`, 'hv1', 22, 'known kh:1'],
    ['hashed with a port', `${hashed('[hv1]:2201')} ${ED} ${A}`, 'hv1', 2201, 'known kh:1'],
    ['hashed, another host', `${hashed('hv2')} ${ED} ${A}`, 'hv1', 22, 'unknown'],
    ['a comment at the end', `hv1 ${ED} ${A} root@hv1 and more`, 'hv1', 22, 'known kh:1'],
    [
      'comments, empty lines, CRLF',
      `# hv1 ${ED} ${B}\r\n\r\n \t\r\n\thv1\t${ED} \t${A}\r\n`,
      'hv1',
      22,
      'known kh:4',
    ],
    ['changed', `x ${ED} ${A}\nhv1 ${ED} ${B}`, 'hv1', 22, 'changed kh:2'],
    ['one of two keys', `hv1 ${ED} ${B}\nhv1 ${ED} ${A}`, 'hv1', 22, 'known kh:2'],
    ['only another type is known', `hv1 ${RSA} ${R}`, 'hv1', 22, 'changed kh:1'],
    ['changed names the key of the same type', `hv1 ${RSA} ${R}\nhv1 ${ED} ${B}`, 'hv1', 22, 'changed kh:2'],
    ['revoked', `hv1 ${ED} ${A}\n@revoked * ${ED} ${A}`, 'hv1', 22, 'revoked kh:2'],
    ['another key revoked', `hv1 ${ED} ${A}\n@revoked * ${ED} ${B}`, 'hv1', 22, 'known kh:1'],
    ['revoked for another host', `hv1 ${ED} ${A}\n@revoked hv2 ${ED} ${A}`, 'hv1', 22, 'known kh:1'],
    [
      'revoked under the bare name',
      `[hv1]:2201 ${ED} ${A}\n@revoked hv1 ${ED} ${A}`,
      'hv1',
      2201,
      'revoked kh:2',
    ],
    ['an authority is no key', `@cert-authority * ${ED} ${A}`, 'hv1', 22, 'unknown'],
    ['an unknown marker is skipped', `@nonsense hv1 ${ED} ${A}`, 'hv1', 22, 'unknown'],
    ['no key', `hv1 ${ED}`, 'hv1', 22, 'unknown'],
    ['not base64', `hv1 ${ED} ${A.slice(0, -3)}!!!`, 'hv1', 22, 'unknown'],
    ['SSH 1', 'hv1 1024 35 1234567890', 'hv1', 22, 'unknown'],
    ['the type is not the key’s', `hv1 ${RSA} ${A}`, 'hv1', 22, 'unknown'],
    ['an unknown hash', `|2|a|b ${ED} ${A}`, 'hv1', 22, 'unknown'],
    ['empty', '', 'hv1', 22, 'unknown'],
  ])('%s', (_, text, address, port, expected) => {
    expect(verdict(text, address, port)).toBe(expected);
  });

  it('counts the lines it skips', () => {
    const { skipped } = parseKnownHosts('kh', `# fine\nhv1\nhv1 ${ED} ${A}\n@x hv1 ${ED} ${A}\n`);
    expect(skipped.map(({ line }) => line)).toEqual([2, 4]);
  });

  it('names the authority that vouches for an unknown host', () => {
    const files = [parseKnownHosts('kh', `@cert-authority *.net ${ED} ${B}`)];
    expect(judgeHostKey(files, 'hv1.net', 22, ED, A)).toMatchObject({
      kind: 'unknown',
      authority: { line: 1 },
    });
  });

  it('reads several files, in their order, and a revocation in any', () => {
    const files = [
      parseKnownHosts('one', `hv1 ${ED} ${A}`),
      parseKnownHosts('two', `@revoked hv1 ${ED} ${A}`),
    ];
    expect(judgeHostKey(files, 'hv1', 22, ED, A)).toMatchObject({ kind: 'revoked', entry: { file: 'two' } });
    expect(judgeHostKey(files.slice(0, 1), 'hv1', 22, ED, A)).toMatchObject({
      kind: 'known',
      entry: { file: 'one' },
    });
  });

  it('tells the types to ask for, revoked keys and authorities aside', () => {
    const text = `hv1 ${RSA} ${R}\n@revoked hv1 ${ED} ${A}\n@cert-authority hv1 ${ED} ${B}\n[hv1]:2201 ${ED} ${A}`;
    expect(knownKeyTypes([parseKnownHosts('kh', text)], 'hv1', 22)).toEqual([RSA]);
    expect(knownKeyTypes([parseKnownHosts('kh', text)], 'hv1', 2201)).toEqual([ED, RSA]);
  });

  it('knows again what it has written, and calls any other key changed', () => {
    const address = fc.oneof(fc.domain(), fc.ipV4(), fc.ipV6());
    const port = fc.integer({ min: 1, max: 65_535 });
    fc.assert(
      fc.property(address, port, fc.string(), (name, number, before) => {
        const text = `${before.replaceAll('@', '')}\n${knownHostsLine(name, number, ED, A)}`;
        const files = [parseKnownHosts('kh', text)];
        expect(judgeHostKey(files, name, number, ED, A).kind).toBe('known');
        expect(judgeHostKey(files, name, number, ED, B).kind).toBe('changed');
      }),
    );
  });

  it('never throws, whatever the file holds', () => {
    const word = fc.constantFrom(
      '|1|',
      '|1|a|b',
      '@revoked',
      '*',
      '!',
      ',',
      ' ',
      '\n',
      ED,
      A,
      'hv1',
      '[',
      ']:22',
      '\0',
      'é',
    );
    fc.assert(
      fc.property(fc.array(fc.oneof(word, fc.string())), (words) => {
        judgeHostKey([parseKnownHosts('kh', words.join(''))], 'hv1', 22, ED, A);
      }),
    );
  });

  it('is quick with a hostile pattern', () => {
    const text = `${'*a'.repeat(2_000)}b ${ED} ${A}`;
    expect(verdict(text, 'a'.repeat(4_000), 22)).toBe('unknown');
  });
});
