import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseListen, serveMetrics } from '../../../src/cli/watch_http.ts';
import type { HostResult } from '../../../src/model/result.ts';
import { watchMetrics } from '../../../src/watch/metrics.ts';
import type { Looked } from '../../../src/watch/observer.ts';

const host = (name: string, ...statuses: readonly string[]) =>
  ({ name, status: 'ok', resources: statuses.map((status) => ({ status })) }) as unknown as HostResult;

const looked = (over: Partial<Looked>): Looked => ({
  hosts: [],
  triggers: ['event'],
  event: undefined,
  isDue: false,
  isOfSome: false,
  reactionMs: 0,
  changesInMs: null,
  ...over,
});

const promtool = (text: string) =>
  spawnSync('promtool', ['check', 'metrics'], { input: text, encoding: 'utf8' });
const isMissing = promtool('').error !== undefined;

function busy() {
  let clock = 0;
  const metrics = watchMetrics(
    () => 3,
    () => {
      clock += 1000;
      return clock;
    },
  );
  const event = { word: 'Started Booted', name: 'web' };
  for (const name of ['hv1', 'hv2', 'h"v\n3']) {
    metrics.connected?.(name);
    metrics.due?.(name);
  }
  metrics.looked?.(
    'hv1',
    looked({ triggers: ['start'], hosts: [host('hv1', 'changed', 'inSync', 'pending')] }),
  );
  metrics.looked?.('hv1', looked({ event, reactionMs: 150, hosts: [host('hv1', 'changed')] }));
  metrics.looked?.('hv1', looked({ event, reactionMs: 1500, hosts: [host('hv1', 'changed')] }));
  metrics.looked?.('hv1', looked({ event, reactionMs: 9000, hosts: [host('hv1', 'inSync')] }));
  metrics.lost?.('hv2', 'gone', 200);
  // It is lost once, however often it is tried again.
  metrics.lost?.('hv2', 'gone', 400);
  metrics.reloaded(true);
  metrics.reloaded(false);
  return metrics;
}

describe('the metrics of a watch', () => {
  it('count what happened', () => {
    const lines = busy().text().split('\n');
    for (const line of [
      'virtune_watch_hosts 3',
      'virtune_watch_hosts_connected 2',
      'virtune_watch_host_differs{host="hv1"} 0',
      'virtune_watch_hosts_dirty 1',
      // A second of the one that was pending, and twice a reaction.
      'virtune_watch_drift_seconds_total 2.65',
      'virtune_watch_reloads_total{result="failed"} 1',
      'virtune_watch_files_broken 1',
      'virtune_watch_lost_total 1',
      'virtune_watch_looks_total{trigger="event"} 3',
      'virtune_watch_changes_total{cause="unknown"} 3',
      'virtune_watch_reaction_seconds_bucket{le="0.1"} 0',
      'virtune_watch_reaction_seconds_bucket{le="0.2"} 1',
      'virtune_watch_reaction_seconds_bucket{le="+Inf"} 2',
      'virtune_watch_reaction_seconds_sum 1.65',
      'virtune_watch_reaction_seconds_count 2',
    ])
      expect(lines).toContain(line);
  });

  it.skipIf(isMissing && !process.env.CI)('pass promtool', () => {
    for (const metrics of [watchMetrics(() => 0), busy()])
      expect(promtool(metrics.text())).toMatchObject({ status: 0, stdout: '', stderr: '' });
  });

  it('are served to those who ask for them, and nothing else is', async () => {
    const dir = mkdtempSync(join(tmpdir(), 'virtune-metrics-'));
    const path = join(dir, 'socket');
    const metrics = busy();
    const server = await serveMetrics({ path }, metrics);
    const ask = (url: string, method = 'GET') =>
      new Promise<[number | undefined, string]>((resolve, reject) => {
        request({ socketPath: path, path: url, method }, (response) => {
          let text = '';
          response.on('data', (chunk) => {
            text += chunk;
          });
          response.on('end', () => resolve([response.statusCode, text]));
        })
          .on('error', reject)
          .end();
      });
    try {
      expect(await ask('/metrics')).toEqual([200, metrics.text()]);
      expect(await ask('/healthz')).toEqual([
        200,
        '2 of 3 hosts are heard\nfiles cannot be read again: what they said before holds\n',
      ]);
      metrics.reloaded(true);
      metrics.garbled?.('hv1', 'x');
      expect((await ask('/healthz'))[1]).toBe(
        '2 of 3 hosts are heard\nthe stream holds what is no event: hv1\n',
      );
      expect(metrics.text()).toContain('virtune_watch_hosts_garbled 1\n');
      for (const name of ['hv1', 'h"v\n3']) metrics.lost?.(name, '', 0);
      expect(await ask('/healthz')).toEqual([503, '0 of 3 hosts are heard\n']);
      expect((await ask('/'))[0]).toBe(404);
      expect((await ask('/metrics', 'POST'))[0]).toBe(405);
      await expect(serveMetrics({ path }, metrics)).rejects.toThrow('metrics cannot be served');
    } finally {
      server.close();
      rmSync(dir, { recursive: true });
    }
  });
});

it.each([
  ['9477', { host: '127.0.0.1', port: 9477 }],
  ['10.0.0.1:80', { host: '10.0.0.1', port: 80 }],
  ['[::1]:9477', { host: '::1', port: 9477 }],
  ['metrics.example.net:1', { host: 'metrics.example.net', port: 1 }],
  ['unix:/run/virtune.sock', { path: '/run/virtune.sock' }],
  ['0', null],
  ['70000', null],
  ['::1:80', null],
  ['unix:here', null],
  ['', null],
])('--metrics %j', (word, expected) => expect(parseListen(word)).toEqual(expected));
