import { expect, it } from 'vitest';
import { watchLog } from '../../../src/reporters/watch_log.ts';
import type { Looked } from '../../../src/watch/observer.ts';
import { misfits } from '../../schema_of.ts';
import { HOSTILE, hostResult, nicChange } from './results.ts';

function logged(tell: (log: ReturnType<typeof watchLog>) => void, all = false) {
  let text = '';
  tell(
    watchLog(
      all,
      (piece) => {
        text += piece;
      },
      () => 0,
    ),
  );
  return text
    .trimEnd()
    .split('\n')
    .map((line) => {
      const told = JSON.parse(line);
      expect(misfits('watch', told)).toEqual([]);
      return told;
    });
}

const looked = (over: Partial<Looked>): Looked => ({
  hosts: [],
  triggers: ['event'],
  event: undefined,
  isDue: false,
  isOfSome: false,
  reactionMs: 12,
  changesInMs: null,
  ...over,
});

it('each event is a line that fits the schema', () => {
  const resources = [nicChange('changed'), nicChange('inSync')];
  const lines = logged((log) => {
    log.started(2, false);
    log.connected?.('hv01');
    log.looked?.('hv01', looked({ hosts: [hostResult('hv01', { resources })] }));
    log.waiting?.('hv01', 'alice@ci, run r1');
    log.waiting?.('hv01', null);
    log.garbled?.('hv01', 'x');
    log.garbled?.('hv01', 'y');
    log.noted?.('hv01', 'a note');
    log.lost?.('hv01', 'gone', 200);
    log.lost?.('hv01', 'gone', 400);
    log.left?.('hv01');
    log.reloaded(true, 1);
    log.reloaded(false, 1);
  });
  expect(lines.map(({ event }) => event)).toEqual([
    'watch_started',
    'host_connected',
    'host_looked',
    'host_waiting',
    'host_waiting',
    'host_garbled',
    'host_noted',
    'host_lost',
    'host_left',
    'files_read',
    'files_broken',
  ]);
  expect(lines[0]).toEqual({
    event: 'watch_started',
    at: '1970-01-01T00:00:00.000Z',
    schema: 'virtune.watch/1',
    check: false,
    hosts: 2,
  });
  expect(lines[2]).toMatchObject({
    vmEvent: null,
    reactionMs: 12,
    host: { resources: [{ status: 'changed' }] },
  });
});

it('a state that stays is told once, and each look where all is told', () => {
  const tell = (log: ReturnType<typeof watchLog>) => {
    for (let n = 0; n < 3; n++)
      log.looked?.('hv01', looked({ hosts: [hostResult('hv01', { resources: [nicChange('pending')] })] }));
  };
  expect(logged(tell)).toHaveLength(1);
  expect(logged(tell, true)).toHaveLength(3);
});

it('whatever VMs are called, an event is one line', () => {
  const lines = logged((log) => {
    for (const name of HOSTILE)
      log.looked?.(
        'hv01',
        looked({
          event: { word: 'Started Booted', name },
          hosts: [hostResult(name, { resources: [nicChange('changed')] })],
        }),
      );
  });
  expect(lines.map(({ vmEvent }) => vmEvent.domain)).toEqual([...HOSTILE]);
});
