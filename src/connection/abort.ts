import { setMaxListeners } from 'node:events';
import { ConnectionError } from './connection.ts';

/**
 * Calls back when the signal fires, until the returned function is called.
 * One signal serves a thousand connections, which is no leak: Node's warning of one is switched off for it.
 */
export function onceAborted(signal: AbortSignal | undefined, callback: () => void): () => void {
  if (!signal) return () => {};
  setMaxListeners(0, signal);
  signal.addEventListener('abort', callback, { once: true });
  return () => signal.removeEventListener('abort', callback);
}

/** Why a signal ended a host: the reason that it carries, or an interrupted run. */
export function abortError(signal: AbortSignal | undefined, message: string): ConnectionError {
  const reason: unknown = signal?.reason;
  return reason instanceof ConnectionError
    ? reason
    : new ConnectionError('aborted', `${message}: the run was interrupted`);
}
