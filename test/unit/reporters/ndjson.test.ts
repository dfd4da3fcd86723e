import { describe, expect, it } from 'vitest';
import { ndjsonEvents, ndjsonReport } from '../../../src/reporters/ndjson.ts';
import { misfits } from '../../schema_of.ts';
import { everyOutcome, HOSTILE, hostileResult, hostResult, nicChange } from './results.ts';

const AT = '2026-01-01T00:00:00.000Z';

describe('events', () => {
  it('are one JSON object a line, with a time and a kind', () => {
    const host = hostResult('hv01', { status: 'changed', resources: [nicChange('pending')] });
    expect(JSON.parse(ndjsonEvents.hostStarted('hv01', AT))).toEqual({
      event: 'host_started',
      at: AT,
      host: 'hv01',
    });
    expect(JSON.parse(ndjsonEvents.hostDone(host, AT))).toMatchObject({
      event: 'host_done',
      host: { name: 'hv01', status: 'changed', resources: [{ status: 'pending', label: 'nic 1' }] },
    });
    expect(ndjsonEvents.playStarted('p', 3, AT)).toBe(
      `{"event":"play_started","at":"${AT}","play":"p","hosts":3}\n`,
    );
  });

  it('tell for whom a host waits, and that it waits no longer', () => {
    for (const holder of ['alice@ci, run r1', null]) {
      const line = JSON.parse(ndjsonEvents.hostWaiting('hv01', holder, AT));
      expect(line).toEqual({ event: 'host_waiting', at: AT, host: 'hv01', holder });
      expect(misfits('events', line)).toEqual([]);
    }
  });

  it('of a run that is over begin and end as those of one that goes on', () => {
    const lines = [...ndjsonReport(everyOutcome())].map((line) => JSON.parse(line));
    expect(lines.map(({ event }) => event)).toEqual([
      'run_started',
      ...Array(5).fill('host_done'),
      'run_ended',
    ]);
    expect(lines[0]).toMatchObject({ schema: 'virtune.events/1', run: { mode: 'check', user: 'ops' } });
    expect(lines.at(-1)).toMatchObject({ exitCode: 2, summary: { hosts: { total: 5 } } });
  });

  it('stay one line each, whatever hosts are called', () => {
    const text = [...ndjsonReport(hostileResult())].join('');
    const lines = text.trimEnd().split('\n');
    expect(lines).toHaveLength(HOSTILE.length + 2);
    for (const line of lines) expect(() => JSON.parse(line)).not.toThrow();
  });
});
