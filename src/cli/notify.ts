import { createHmac } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { inputError } from '../model/diagnostic.ts';
import type { RunResult } from '../model/result.ts';
import {
  isNotable,
  NOTIFICATION_SHAPES,
  NOTIFY_ON,
  type NotificationShape,
  type NotifyOn,
  notification,
} from '../reporters/notification.ts';

/** Where to send what: one `--notify [SHAPE=]URL`. */
export interface Receiver {
  readonly shape: NotificationShape;
  readonly url: URL;
}

export interface Notifying {
  readonly receivers: readonly Receiver[];
  /** Empty: of every run. */
  readonly on: readonly NotifyOn[];
}

/** Waits between the tries, in ms; each try may take TRY_MS. A run ends half a minute later at most. */
const WAITS = [1000, 3000];
const TRY_MS = 8000;

/** @throws InputError on what is no URL of HTTP, or no shape, and on words that --notify-on does not know */
export function parseNotify(words: readonly string[] = [], on: readonly string[] = []): Notifying {
  const receivers = words.map((word) => {
    const [, given = 'json', address = ''] = /^(?:([a-z]+)=)?(.*)$/s.exec(word) ?? [];
    const shape = NOTIFICATION_SHAPES.find((one) => one === given);
    if (shape === undefined)
      throw inputError(`--notify knows no shape "${given}"`, `shapes: ${NOTIFICATION_SHAPES.join(', ')}`);
    const url = URL.canParse(address) ? new URL(address) : null;
    if (url === null || !/^https?:$/.test(url.protocol))
      throw inputError('--notify has something that is no http or https address', 'write URL or SHAPE=URL');
    if (url.username !== '' || url.password !== '')
      throw inputError(
        `--notify has a user or a password in the address at ${url.host}`,
        'set VIRTUNE_NOTIFY_TOKEN, which is sent as "Authorization: Bearer"',
      );
    return { shape, url };
  });
  const given = on.flatMap((word) => word.split(',')).map((word) => word.trim());
  const odd = given.find((word) => !NOTIFY_ON.some((one) => one === word));
  if (odd !== undefined) throw inputError(`--notify-on knows no "${odd}"`, `words: ${NOTIFY_ON.join(', ')}`);
  if (given.length > 0 && words.length === 0)
    throw inputError('--notify-on says when, and nothing says whom to tell', 'give --notify URL');
  return { receivers, on: NOTIFY_ON.filter((one) => given.includes(one)) };
}

/**
 * Tells all receivers of a run that is over, at the same time. It never fails.
 * @param giveUp ends it early
 * @returns who could not be told and why, by the host of the address: the rest of it may be a secret
 */
export async function notifyAll(
  { receivers, on }: Notifying,
  result: RunResult,
  env: NodeJS.ProcessEnv,
  giveUp: AbortSignal,
  waits: readonly number[] = WAITS,
): Promise<readonly string[]> {
  if (receivers.length === 0 || (on.length > 0 && !isNotable(result, on))) return [];
  const told = receivers.map(async (receiver) => {
    const problem = await tell(receiver, result, env, giveUp, waits).catch(words);
    return problem === null ? [] : [`${receiver.url.host} was not notified: ${problem}`];
  });
  return (await Promise.all(told)).flat();
}

/** @returns null once it is taken */
async function tell(
  { shape, url }: Receiver,
  result: RunResult,
  env: NodeJS.ProcessEnv,
  giveUp: AbortSignal,
  waits: readonly number[],
): Promise<string | null> {
  const body = notification(shape, result);
  const { VIRTUNE_NOTIFY_SECRET: secret, VIRTUNE_NOTIFY_TOKEN: token } = env;
  const headers = {
    'content-type': 'application/json',
    'user-agent': 'virtune',
    ...(secret
      ? { 'x-virtune-signature': `sha256=${createHmac('sha256', secret).update(body).digest('hex')}` }
      : {}),
    ...(token ? { authorization: `Bearer ${token}` } : {}),
  };
  // Matrix takes a message once for each transaction, which the run is: a second try cannot say it twice.
  const target = shape === 'matrix' ? `${url.href.replace(/\/+$/, '')}/${result.id}` : url.href;
  for (let attempt = 0; ; attempt++) {
    let problem: string;
    try {
      const signal = AbortSignal.any([giveUp, AbortSignal.timeout(TRY_MS)]);
      // What is secret is for this address alone, so that no redirection is followed.
      const method = shape === 'matrix' ? 'PUT' : 'POST';
      const answer = await fetch(target, { method, headers, body, signal, redirect: 'manual' });
      await answer.body?.cancel();
      if (answer.ok) return null;
      problem = `it answered with ${answer.status}`;
      if (answer.status !== 429 && answer.status < 500) return problem;
    } catch (error) {
      problem = words(error);
    }
    const wait = waits[attempt];
    if (wait === undefined || giveUp.aborted) return problem;
    await sleep(wait, undefined, { signal: giveUp });
  }
}

/** fetch tells why in the cause. */
function words(error: unknown): string {
  const { name, message, cause } = error as Error;
  if (name === 'AbortError') return 'the run was stopped';
  if (name === 'TimeoutError') return `no answer within ${TRY_MS / 1000} s`;
  return cause instanceof Error && cause.message !== '' ? cause.message : message;
}
