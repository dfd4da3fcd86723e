import { expect, it } from 'vitest';
import type { Channel, ChannelEnd, Line, Session } from '../../../src/connection/session.ts';
import { openStream } from '../../../src/watch/stream.ts';

const TIMES = { beatMs: 10, beats: 3, upMs: 60_000, silenceSeconds: 90, lookSeconds: 3 };

/** A host of which only beats matter: it answers them, or does not. */
function host(answers: boolean) {
  const lines: Line[] = [];
  let [wake, closed, beats] = [() => {}, false, 0];
  const channel: Channel = {
    lines: (async function* () {
      while (!closed) {
        const line = lines.shift();
        if (line !== undefined) yield line;
        else
          await new Promise<void>((resolve) => {
            wake = resolve;
          });
      }
    })(),
    write: async () => {
      beats++;
      if (answers) lines.push({ text: 'alive', cut: false });
      wake();
    },
    end: () => {},
    ended: Promise.resolve<ChannelEnd>({ code: null, stderr: '' }),
    close: () => {
      closed = true;
      wake();
    },
  };
  let isSessionOpen = true;
  const session: Session = {
    open: async () => channel,
    exec: () => Promise.reject(new Error('nothing is run')),
    close: () => {
      isSessionOpen = false;
    },
  };
  return { session, beats: () => beats, isSessionOpen: () => isSessionOpen };
}

const listener = { up: () => {}, heard: () => {}, garbled: () => {}, kernel: false };
const access = { uri: 'qemu:///system', virsh: undefined };

it('takes a host that answers no beat for lost, with all that waits for it', async () => {
  const silent = host(false);
  const stream = await openStream(silent.session, access, listener, TIMES);
  expect(await stream.ended).toBe('nothing was heard of it for 0.03 s');
  expect([silent.beats(), silent.isSessionOpen()]).toEqual([3, false]);
});

it('loses no host because its own process stood still', async () => {
  const there = host(true);
  const stream = await openStream(there.session, access, listener, TIMES);
  let why = '';
  void stream.ended.then((reason) => {
    why = reason;
  });
  const until = Date.now() + 20 * TIMES.beatMs;
  while (Date.now() < until);
  const before = there.beats();
  while (there.beats() < before + 10 && why === '') await new Promise((resolve) => setTimeout(resolve, 1));
  expect(why).toBe('');
  stream.close();
  expect(await stream.ended).toBe('it was closed');
});
