import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { actionIn, nicName, readAction } from '../../../src/serve/action.ts';
import { limitsText, merged, readLimits } from '../../../src/serve/limits.ts';
import { novaBody, Refusal } from '../../../src/serve/refusal.ts';

describe('an action', () => {
  it.each([
    [1, { by: 'position', position: 1 }],
    ['2', { by: 'position', position: 2 }],
    ['FA:16:3E:00:00:01', { by: 'mac', mac: 'fa:16:3e:00:00:01' }],
    ['56DA4864-728B-4a4e-8c4e-2f9f0f1f2f3f', { by: 'port', port: '56da4864-728b-4a4e-8c4e-2f9f0f1f2f3f' }],
  ])('names a NIC by %j', (value, nic) => {
    expect(nicName(value)).toEqual(nic);
  });

  it.each([0, -1, 1.5, 1001, Number.NaN, '0', '01', '-1', '', 'eth0', null, true, [1], {}])(
    'names none by %j',
    (value) => {
      expect(nicName(value)).toBeNull();
    },
  );

  it('is read or refused with 400, whatever a body holds', () => {
    const name = fc.oneof(
      fc.constantFrom('setInterface', 'getInterface', '__proto__', 'reboot'),
      fc.string(),
    );
    const value = fc.oneof(
      fc.jsonValue(),
      fc.record({ interface: fc.jsonValue(), rate: fc.jsonValue() }, { requiredKeys: [] }),
      fc.record({
        interface: fc.constantFrom(1, 2, 'fa:16:3e:00:00:01'),
        inbound: fc.oneof(fc.jsonValue(), fc.record({ average: fc.jsonValue(), peak: fc.jsonValue() })),
      }),
    );
    void fc.assert(
      fc.property(fc.array(fc.tuple(name, value), { maxLength: 2 }), (entries) => {
        const body: unknown = JSON.parse(JSON.stringify(Object.fromEntries(entries)));
        try {
          const found = actionIn(body);
          const action = readAction(found.name, found.value);
          if (action?.what !== 'setInterface') return;
          const limits = readLimits(action.limits);
          expect(limits.inbound !== undefined || limits.outbound !== undefined).toBe(true);
          for (const limit of [limits.inbound, limits.outbound])
            if (limit !== undefined && limit !== null) expect(limit.average).toBeGreaterThan(0);
        } catch (error) {
          if (!(error instanceof Refusal)) throw error;
          expect(error.status).toBe(400);
          expect(JSON.stringify(novaBody(error)).length).toBeLessThan(6000);
          // biome-ignore lint/suspicious/noControlCharactersInRegex: those are what must not be there
          expect(error.message).not.toMatch(/[\0-\x1f]/);
        }
      }),
      { numRuns: 500 },
    );
  });
});

describe('limits', () => {
  it('are those of rules: a number is libvirt’s kB/s, as average, peak and burst of both directions', () => {
    const rate = { average: 10240, peak: 10240, burst: 10240, floor: 0 };
    expect(readLimits({ rate: 10240 })).toEqual({ inbound: rate, outbound: rate });
    expect(readLimits({ rate: '80 Mbit/s' }).inbound?.average).toBe(10_000);
    expect(readLimits({ rate: 'unlimited' })).toEqual({ inbound: null, outbound: null });
    expect(readLimits({ inbound: { average: '1 MB/s', peak: '2 MB/s', burst: '64 KiB' } })).toEqual({
      inbound: { average: 1000, peak: 2000, burst: 64, floor: 0 },
    });
  });

  it('that are set later replace the directions that they name', () => {
    const [first, second] = [readLimits({ rate: 10 }), readLimits({ inbound: 20 })];
    expect(merged(first, second)).toEqual({ inbound: second.inbound, outbound: first.outbound });
    expect(limitsText(merged(readLimits({ outbound: 'unlimited' }), second))).toBe(
      'receives at most 160 kbit/s, sends without limit',
    );
  });
});

describe('an error', () => {
  it.each([
    [400, 'badRequest'],
    [403, 'forbidden'],
    [404, 'itemNotFound'],
    [405, 'badMethod'],
    [406, 'computeFault'],
    [409, 'conflictingRequest'],
    [413, 'overLimit'],
    [415, 'badMediaType'],
    [429, 'overLimit'],
    [500, 'computeFault'],
    [501, 'notImplemented'],
    [503, 'serviceUnavailable'],
  ])('%i is what Nova calls %s', (status, name) => {
    expect(novaBody(new Refusal(status, 'why'))).toEqual({ [name]: { code: status, message: 'why' } });
  });

  it('of a token is what Keystone’s middleware says', () => {
    expect(novaBody(new Refusal(401, 'why'))).toEqual({
      error: { code: 401, title: 'Unauthorized', message: 'why' },
    });
  });
});
