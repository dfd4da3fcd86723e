import { newMarker } from '../connection/marker.ts';
import type { Channel, Session } from '../connection/session.ts';
import type { LibvirtAccess } from '../libvirt/script.ts';
import { EVENT_KINDS, type Heard, heardIn, isGarbled, renderWatch } from '../libvirt/watch_script.ts';
import type { Pulse } from './pulse.ts';

/** How long what may take. */
export interface StreamTimes {
  /** How often the host hears from here while it answers. */
  readonly beatMs: number;
  /** When the next beat follows one that is not answered. */
  readonly answerMs: number;
  /** After so many of these in a row without a word from it, it is lost. */
  readonly beats: number;
  /** All streams write at the same moments, so far apart. */
  readonly pulseMs: number;
  /** A libvirt that hangs takes connections and answers none. */
  readonly upMs: number;
  /** The host ends the stream when it hears nothing for so long. */
  readonly silenceSeconds: number;
  /** Between looks at libvirt's files. */
  readonly lookSeconds: number;
}

export const STREAM_TIMES: StreamTimes = {
  // A third of what an idle watch costs where it runs is these; the rest is regular looks.
  beatMs: 30_000,
  answerMs: 10_000,
  beats: 3,
  pulseMs: 1_000,
  upMs: 30_000,
  silenceSeconds: 90,
  lookSeconds: 3,
};

/** The stream of a hypervisor's events, for as long as it lasts. */
export interface Stream {
  readonly close: () => void;
  /** Why it ended, in words for people. Never rejected. */
  readonly ended: Promise<string>;
}

export interface StreamListener {
  /** Once all subscriptions stand: from now on no event is lost. */
  readonly up: () => void;
  /** What happens to queues of the kernel is to be heard, too. */
  readonly kernel: boolean;
  /** A line that is none of the program's, while all subscriptions stand: perhaps what is left of an event. */
  readonly garbled: (line: string) => void;
  readonly heard: (what: Extract<Heard, { what: 'event' | 'touched' | 'blind' | 'queues' | 'deaf' }>) => void;
}

/** @throws ConnectionError when it could not be started */
export async function openStream(
  session: Session,
  access: LibvirtAccess,
  listener: StreamListener,
  times: StreamTimes,
  pulse: Pulse,
): Promise<Stream> {
  const marker = newMarker();
  const { uri, virsh } = access;
  const command = renderWatch({ marker, uri, virsh, kernel: listener.kernel, ...times });
  const channel = await session.open(command);
  let why = '';
  const end = (reason: string): void => {
    if (why === '') why = reason;
    channel.close();
  };
  const up = setTimeout(() => end(`libvirt did not answer within ${times.upMs / 1000} s`), times.upMs);
  const isUp = (): void => {
    clearTimeout(up);
    listener.up();
  };
  // Counted, and not timed: a process that stood still for a while has lost no host by that.
  let unanswered = 0;
  const pulses = (ms: number): number => Math.ceil(ms / times.pulseMs);
  // Hosts that were connected to at once are not to be written to at once for ever.
  let left = Math.ceil(Math.random() * pulses(times.beatMs));
  const off = pulse.on(() => {
    if (--left > 0) return;
    left = pulses(times.answerMs);
    if (unanswered++ < times.beats) return void channel.write('.');
    end(`nothing was heard of it for ${(times.beats * times.answerMs) / 1000} s`);
    // What else waits for an answer over it would wait for long.
    session.close();
  });
  const heard = (): void => {
    if (unanswered > 0) left = pulses(times.beatMs);
    unanswered = 0;
  };
  const ended = follow(channel, { marker, uri }, { ...listener, up: isUp }, heard, end)
    .catch((error: unknown) => (error instanceof Error ? error.message : String(error)))
    .then((last) => why || last)
    .finally(() => {
      off();
      clearTimeout(up);
    });
  return {
    close: () => end('it was closed'),
    ended,
  };
}

/** So much of a line that is nothing is shown. */
const SHOWN = 80;

async function follow(
  channel: Channel,
  known: { readonly marker: string; readonly uri: string },
  listener: StreamListener,
  isThere: () => void,
  end: (reason: string) => void,
): Promise<string> {
  const up = new Set<string>();
  for await (const { text, cut } of channel.lines) {
    isThere();
    const heard = heardIn(known.marker, text);
    if (up.size === EVENT_KINDS.length && (cut || isGarbled(known, text)))
      listener.garbled(text.slice(0, SHOWN));
    switch (heard?.what) {
      case 'up':
        up.add(heard.kind);
        if (up.size === EVENT_KINDS.length) listener.up();
        break;
      case 'ended':
        // Without virsh the program tells nothing: its end says what virsh said.
        channel.end();
        break;
      case 'missing':
        end(`it has no ${heard.program}`);
        break;
      case 'event':
      case 'touched':
      case 'blind':
      case 'queues':
      case 'deaf':
        listener.heard(heard);
        break;
    }
  }
  const { stderr } = await channel.ended;
  return endOf(stderr);
}

/** What virsh said last, where it said anything. */
function endOf(stderr: string): string {
  const lines = stderr.split('\n').filter((line) => line.startsWith('error:'));
  // Both virsh processes say the same, with `error:` before some lines twice.
  const said = new Set(lines.map((line) => line.replace(/^(error:\s*)+/, '').trim()));
  return said.size === 0 ? 'libvirt ended the stream of events' : `libvirt said: ${[...said].join('; ')}`;
}
