import { expect, it } from 'vitest';
import { listenForServiceSignals } from '../../../src/cli/service_signals.ts';
import { endWhenInterrupted, listenForSignals } from '../../../src/cli/signals.ts';

/** A listener that ends the process beside one that finishes what is under way would leave hosts half done. */
it.each([
  ['a run', listenForSignals],
  ['a service', listenForServiceSignals],
])('%s alone hears signals once it listens', (_, listen) => {
  const heard = () => ['SIGINT', 'SIGTERM'].map((name) => process.listenerCount(name));
  const before = heard();
  endWhenInterrupted();
  const early = before.map((count) => count + 1);
  expect(heard()).toEqual(early);
  const signals = listen(() => {});
  expect(heard()).toEqual(early);
  signals.release();
  expect(heard()).toEqual(before);
});
