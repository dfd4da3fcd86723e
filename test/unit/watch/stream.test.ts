import { expect, it } from 'vitest';
import type { Channel, ChannelEnd, Line, Session } from '../../../src/connection/session.ts';
import { type Pulse, pulse } from '../../../src/watch/pulse.ts';
import { openStream, STREAM_TIMES } from '../../../src/watch/stream.ts';

const TIMES = {
  beatMs: 10,
  answerMs: 10,
  beats: 3,
  pulseMs: 10,
  upMs: 60_000,
  silenceSeconds: 90,
  lookSeconds: 3,
};

/** A host of which only beats matter: it answers them, or does not. */
function host(answersAtFirst: boolean) {
  let answers = answersAtFirst;
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
  return {
    session,
    beats: () => beats,
    isSessionOpen: () => isSessionOpen,
    die: () => {
      answers = false;
    },
    live: () => {
      answers = true;
      lines.push({ text: 'alive', cut: false });
      wake();
    },
  };
}

const listener = { up: () => {}, heard: () => {}, garbled: () => {}, kernel: false };
const access = { uri: 'qemu:///system', virsh: undefined };

it('takes a host that answers no beat for lost, with all that waits for it', async () => {
  const silent = host(false);
  const stream = await openStream(silent.session, access, listener, TIMES, pulse(TIMES.pulseMs));
  expect(await stream.ended).toBe('nothing was heard of it for 0.03 s');
  expect([silent.beats(), silent.isSessionOpen()]).toEqual([3, false]);
});

it('loses no host because its own process stood still', async () => {
  const there = host(true);
  const stream = await openStream(there.session, access, listener, TIMES, pulse(TIMES.pulseMs));
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

/** A pulse that a test gives. */
function byHand(): Pulse & { readonly give: (times: number) => Promise<void>; readonly all: () => number } {
  const on = new Set<() => void>();
  return {
    on: (beat) => {
      on.add(beat);
      return () => void on.delete(beat);
    },
    give: async (times) => {
      for (let nth = 0; nth < times; nth++) {
        for (const beat of on) beat();
        // An answer has come before the next one.
        await new Promise((resolve) => setImmediate(resolve));
      }
    },
    all: () => on.size,
  };
}

it('writes to a host that answers twice a minute, and to all hosts at the same moments', async () => {
  const [one, other, hand] = [host(true), host(true), byHand()];
  const streams = await Promise.all(
    [one, other].map(({ session }) => openStream(session, access, listener, STREAM_TIMES, hand)),
  );
  await hand.give(30);
  expect([one.beats(), other.beats()]).toEqual([1, 1]);
  await hand.give(10 * 60 - 30);
  expect([one.beats(), other.beats()]).toEqual([20, 20]);
  for (const stream of streams) stream.close();
  await Promise.all(streams.map(({ ended }) => ended));
  expect(hand.all()).toBe(0);
});

it('takes a host that dies for lost within a minute', async () => {
  const [dying, hand] = [host(true), byHand()];
  const stream = await openStream(dying.session, access, listener, STREAM_TIMES, hand);
  await hand.give(30);
  while (dying.beats() < 2) await hand.give(1);
  dying.die();
  await hand.give(59);
  expect([dying.beats(), dying.isSessionOpen()]).toEqual([5, true]);
  await hand.give(1);
  expect(await stream.ended).toBe('nothing was heard of it for 30 s');
  expect(dying.isSessionOpen()).toBe(false);
});

it('keeps a host that answers late', async () => {
  const [late, hand] = [host(true), byHand()];
  const stream = await openStream(late.session, access, listener, STREAM_TIMES, hand);
  while (late.beats() < 1) await hand.give(1);
  late.die();
  await hand.give(30 + 28);
  late.live();
  await hand.give(60);
  expect(late.isSessionOpen()).toBe(true);
  stream.close();
  expect(await stream.ended).toBe('it was closed');
});
