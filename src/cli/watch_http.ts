import type { Server } from 'node:http';
import { printable } from '../base/text.ts';
import { inputError } from '../model/diagnostic.ts';
import type { WatchMetrics } from '../watch/metrics.ts';

/** Where the metrics of a watch can be asked for: a port of this machine, or a socket's path. */
export type ListenOn = { readonly host: string; readonly port: number } | { readonly path: string };

/** `9477`, `[::1]:9477`, `10.0.0.1:9477` or `unix:/run/virtune/watch.sock`; null for anything else. */
export function parseListen(word: string): ListenOn | null {
  if (word.startsWith('unix:/')) return { path: word.slice('unix:'.length) };
  const [, six, four = '127.0.0.1', digits] =
    /^(?:(?:\[([0-9a-f:]+)\]|([\w.-]+)):)?(\d{1,5})$/i.exec(word) ?? [];
  const port = Number(digits ?? 0);
  return port < 1 || port > 65_535 ? null : { host: six ?? four, port };
}

/** Whether only this machine can ask there. */
export function isLoopback(on: ListenOn): boolean {
  return 'path' in on || /^(?:127(?:\.\d{1,3}){3}|::1|localhost)$/i.test(on.host);
}

/** So many hosts are named. */
const NAMED = 10;

function garbledText(hosts: readonly string[]): string {
  if (hosts.length === 0) return '';
  const more = hosts.length > NAMED ? ` and ${hosts.length - NAMED} more` : '';
  return `the stream holds what is no event: ${printable(hosts.slice(0, NAMED).join(', '))}${more}\n`;
}

/**
 * Serves `/metrics`, and `/healthz`: 200 while at least one host is heard, 503 when none is.
 * @throws InputError when it cannot listen
 */
export async function serveMetrics(on: ListenOn, metrics: WatchMetrics): Promise<Server> {
  // Most commands do without.
  const { createServer } = await import('node:http');
  const server = createServer((request, response) => {
    const answer = (status: number, type: string, text: string): void => {
      response.writeHead(status, { 'content-type': type, 'cache-control': 'no-store' }).end(text);
    };
    const plain = 'text/plain; charset=utf-8';
    if (request.method !== 'GET' && request.method !== 'HEAD') return answer(405, plain, 'only GET\n');
    switch (request.url?.split('?')[0]) {
      case '/metrics':
        return answer(200, 'text/plain; version=0.0.4; charset=utf-8', metrics.text());
      case '/healthz': {
        const { all, connected, garbled } = metrics.hosts();
        const isWell = all === 0 || connected > 0;
        const files = metrics.isBroken() ? 'files cannot be read again: what they said before holds\n' : '';
        const lines = `${connected} of ${all} hosts are heard\n${garbledText(garbled)}${files}`;
        return answer(isWell ? 200 : 503, plain, lines);
      }
      default:
        return answer(404, plain, 'there are /metrics and /healthz\n');
    }
  });
  // Whoever asks slowly keeps nobody else from asking.
  server.requestTimeout = 10_000;
  server.headersTimeout = 10_000;
  server.maxConnections = 100;
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error) =>
      reject(inputError(`metrics cannot be served: ${error.message}`, 'give another address with --metrics')),
    );
    server.listen({ ...on }, resolve);
  });
  server.unref();
  return server;
}
