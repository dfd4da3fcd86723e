import { printable, shorten } from '../../base/text.ts';
import { utcText } from '../../base/time/utc.ts';
import { DIRECTIONS, type Direction } from '../../facts/bandwidth.ts';
import { beforeOf, type Change, type Side } from '../../model/change.ts';
import type { SubjectStatus } from '../../model/status.ts';
import { toLimits } from '../../modules/nic_limits/settings.ts';
import { limitText } from '../../modules/nic_limits/text.ts';
import { SUBJECT_LOOK } from '../../report/style.ts';
import { overrideIn } from '../overlay.ts';
import type { JobState, Override } from '../store/records.ts';
import { type Html, html, named } from './html.ts';

/** Small pieces that several pages show, each a value as HTML. */

/** `2026-11-26 08:50:12 UTC` */
export function time(at: Date): Html {
  const text = at.toISOString();
  return html`<time datetime="${text}">${utcText(text)}</time>`;
}

/** `12 s ago`, `3 min ago`, `2 h ago`, `5 days ago` */
export function agoText(at: number, now: number): string {
  const seconds = Math.max(0, Math.round((now - at) / 1000));
  if (seconds < 100) return `${seconds} s ago`;
  if (seconds < 6_000) return `${Math.round(seconds / 60)} min ago`;
  return seconds < 172_800
    ? `${Math.round(seconds / 3600)} h ago`
    : `${Math.round(seconds / 86_400)} days ago`;
}

export function ago(at: number | null, now: number): Html {
  if (at === null) return html`<span class="dim">not yet</span>`;
  return html`<time datetime="${new Date(at).toISOString()}">${agoText(at, now)}</time>`;
}

/** How something stands: a word in any case, and a colour. */
export type Kind = 'good' | 'news' | 'bad' | 'none';

export function mark(kind: Kind, word: string): Html {
  return html`<span class="mark ${kind}">${word}</span>`;
}

const GOOD: readonly SubjectStatus[] = ['inSync', 'changed'];
const QUIET: readonly SubjectStatus[] = ['unmanaged', 'notRunning', 'skipped', 'waived'];

export function statusMark(status: SubjectStatus): Html {
  const kind = GOOD.includes(status) ? 'good' : QUIET.includes(status) ? 'none' : 'bad';
  return mark(status === 'pending' ? 'news' : kind, SUBJECT_LOOK[status].words);
}

const JOB_KIND: Readonly<Record<JobState, Kind>> = {
  ...{ queued: 'news', running: 'news', done: 'good' },
  ...{ refused: 'bad', failed: 'bad', superseded: 'none' },
};

export function jobMark(state: JobState): Html {
  return mark(JOB_KIND[state], state);
}

export function isOpen(state: JobState): boolean {
  return state === 'queued' || state === 'running';
}

export function serverMark(status: string): Html {
  const kind = status === 'ACTIVE' ? 'good' : status === 'ERROR' ? 'bad' : 'none';
  return mark(kind, named(status, 40));
}

export const VERB: Readonly<Record<Direction, string>> = { inbound: 'receives', outbound: 'sends' };

/** What a direction of a NIC is limited to in one state, in words; null where the NIC is not in it. */
export function limitIn(change: Change, side: Side, direction: Direction): string | null {
  const values = beforeOf(change, side);
  return values === null ? null : limitText(toLimits(values)[direction] ?? null);
}

/** The state that counts now: the running VM's, else what it will start with. */
export function limitNow(change: Change, direction: Direction): string {
  return limitIn(change, 'live', direction) ?? limitIn(change, 'config', direction) ?? 'unlimited';
}

export function isLimited(change: Change): boolean {
  return DIRECTIONS.some((direction) => limitNow(change, direction) !== 'unlimited');
}

/** Who has said what a NIC is limited to: a rule, a request, or nobody. */
export function decidedBy(change: Change, override: Override | undefined): Html {
  if (override !== undefined && overrideIn(change.rules) !== null) return setText(override);
  const rule = change.rules.at(-1);
  if (rule === undefined) return html`<span class="dim">no rule</span>`;
  return html`rule &ldquo;${named(rule.name)}&rdquo;`;
}

/** `set here`, until when and why. */
export function setText({ until, reason, owner }: Override, withUser = false): Html {
  return html`set here${until === null ? '' : html` until ${time(until)}`}${
    withUser ? html` by ${named(owner.user.name || owner.user.id)}` : ''
  }${reason === '' ? '' : html`: <q>${named(reason)}</q>`}`;
}

/** A name that may be of any length and hold anything. */
export function name(foreign: string): Html {
  const short = shorten(printable(foreign), 120);
  return short === '' ? html`<span class="dim">(no name)</span>` : html`${short}`;
}

export function code(foreign: string): Html {
  return html`<code>${named(foreign, 200)}</code>`;
}
