import { spawnSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FILTER } from '../../../src/libvirt/filter_script.ts';
import { filterOutput } from '../../../src/sim/filter.ts';
import { sweep } from '../../sweep.ts';
import { keep as keepFor, parseDomainXml } from '../../unit/facts/parse.ts';
import { hostileDomains } from './hostile.ts';

const M = 'vt0123456789abcdef01234567';
const KEEP = keepFor({ metadata: true }).join(' ');
const UUID = '6695eb01-f6a4-8304-79aa-97f2502e193f';

/** The filter as a host runs it, with a certain awk. */
function filter(awk: string, text: string, keep = KEEP): { stdout: string; odd: string[] } {
  const program = `m=$1; ${FILTER.replace('awk -v', `${awk} -v`)}; f 4>&1 3>&2`;
  const { stdout, stderr } = spawnSync('sh', ['-c', program, 'virtune', M, '', keep], {
    input: text,
    encoding: 'utf8',
    env: { ...process.env, LC_ALL: 'C' },
    maxBuffer: 1e9,
  });
  return { stdout, odd: stderr.split('\n').filter((line) => line !== '') };
}

const section = (xml: string, kind = 'l', uuid = UUID) => `${M}:${kind}:${uuid}\n${xml}\n`;
const framed = (...sections: string[]) => `${sections.join('')}${M}:batch\n\n`;

const AWKS = ['mawk', 'gawk', 'gawk --posix', 'busybox awk', 'original-awk'];

describe.each(AWKS)('the filter in %s', (awk) => {
  const present = spawnSync('sh', ['-c', `command -v ${awk.split(' ')[0]}`]).status === 0;

  it.skipIf(!present)(
    'lets no metadata add, hide or alter a NIC, a name or a UUID',
    { timeout: 120_000 },
    () => {
      fc.assert(
        fc.property(hostileDomains({ minLength: 20, maxLength: 40 }), (domains) => {
          const { stdout, odd } = filter(
            awk,
            framed(...domains.map(({ xml, uuid }) => section(xml, 'l', uuid))),
          );
          const parts = stdout.split(`\n${M}:`).slice(1, -1);
          expect(parts).toHaveLength(domains.length);
          for (const [index, known] of domains.entries()) {
            const part = parts[index] ?? '';
            expect(part.slice(0, 39)).toBe(`l:${known.uuid}\n`);
            const read = parseDomainXml(part.slice(39));
            const seen = { uuid: read.uuid, name: read.name, macs: read.nics.map((nic) => nic.mac) };
            expect({ ...seen, nova: read.nova?.name ?? null }, known.xml).toEqual({
              uuid: known.uuid,
              name: known.name,
              macs: known.macs,
              nova: known.nova,
            });
            const holds = /<!--|<!\[CDATA\[|<\?/.test(known.xml.replaceAll(/"[^"<]*"/g, ''));
            expect(odd.includes(`l:${known.uuid}`), known.xml).toBe(holds);
          }
        }),
        sweep(60),
      );
    },
  );

  it.skipIf(!present)('leaves what the simulation’s own leaves', { timeout: 120_000 }, () => {
    fc.assert(
      fc.property(hostileDomains({ minLength: 10, maxLength: 20 }), fc.boolean(), (domains, metadata) => {
        const keep = keepFor({ metadata }).join(' ');
        const text = framed(...domains.map(({ xml, uuid }) => section(xml, 'c', uuid)));
        const real = filter(awk, text, keep);
        const simulated = filterOutput([text], M, keep);
        expect(simulated.stdout).toBe(real.stdout);
        expect(simulated.odd.toSorted()).toEqual(real.odd.toSorted());
      }),
      sweep(50),
    );
  });

  it.skipIf(!present).each([
    ['within a tag', `<domain><uuid>${UUID}</uuid><devices><inter`],
    ['within a comment', `<domain><uuid>${UUID}</uuid><metadata><!-- `],
    ['with an element open', `<domain><uuid>${UUID}</uuid><devices>`],
    ['with another element closed', `<domain><uuid>${UUID}</uuid><devices></device></domain>`],
    ['with an end too much', `<domain><uuid>${UUID}</uuid></domain></x>`],
    ['with a document type', `<!DOCTYPE x><domain><uuid>${UUID}</uuid></domain>`],
  ])('makes a description that is broken %s no whole one, and spoils no other', (_how, xml) => {
    const good = `<domain><uuid>${UUID}</uuid><devices></devices></domain>\n`;
    const { stdout } = filter(awk, framed(section(xml), section(good, 'c')));
    const [broken = '', whole = ''] = stdout.split(`\n${M}:`).slice(1);
    expect(() => parseDomainXml(broken.slice(39))).toThrow();
    expect(parseDomainXml(whole.slice(39)).uuid).toBe(UUID);
  });

  it.skipIf(!present)('keeps elements with all that is in them, where a path ends with a slash', () => {
    const xml = `<domain>\n  <cputune>\n    <shares>5</shares>\n    <x:y a="1 > 0">t<!-- no --><z/></x:y>\n  </cputune>\n  <vcpu placement='static'>2</vcpu>\n</domain>`;
    const { stdout } = filter(awk, framed(section(xml)), 'domain/cputune/ domain/vcpu');
    expect(stdout).toContain(
      `<domain>\n<cputune>\n    <shares>5</shares>\n    <x:y a="1 > 0">t<z/></x:y>\n  </cputune>\n<vcpu placement='static'>2</vcpu>\n</domain>\n`,
    );
  });

  it.skipIf(!present)('drops what stands outside of descriptions', () => {
    const noise = `motd <b>\n${framed(section(`<domain><uuid>${UUID}</uuid></domain>\nnoise\n`))}`;
    expect(filter(awk, noise).stdout).toBe(
      `\n${M}:l:${UUID}\n<domain>\n<uuid>${UUID}</uuid>\n</domain>\n\n${M}:batch\n\n`,
    );
  });
});
