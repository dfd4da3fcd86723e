/**
 * A terminal has one writer at a time: the live view of a run, or a question to the person in front of it.
 * One process has one terminal, so this is the module's own state.
 */
let questions = 0;
let live = false;
const held: (() => void)[] = [];

/** A live view draws what has happened within this time. */
const DRAWN_MS = 300;

/**
 * Lets a question be seen: what would be drawn waits until it is answered. What has happened until then is drawn first,
 * since the answer may depend on it.
 */
export async function askOnScreen<T>(question: () => Promise<T>): Promise<T> {
  if (live && questions === 0) await new Promise((resolve) => setTimeout(resolve, DRAWN_MS));
  questions++;
  try {
    return await question();
  } finally {
    if (--questions === 0) for (const write of held.splice(0)) write();
  }
}

/** Draws at once, or when no question is open any more. */
export function draw(write: () => void): void {
  if (questions === 0) write();
  else held.push(write);
}

/** Whether a live view stands above the cursor and will be drawn over from there. */
export function isLive(): boolean {
  return live;
}

export function setLive(value: boolean): void {
  live = value;
}

let foot: ((write: () => void) => void) | null = null;

/**
 * Whatever is written by {@link above} goes through this from now on, until what is returned is called: rows at the foot
 * of the terminal are taken away for it and drawn again.
 */
export function onScreen(around: (write: () => void) => void): () => void {
  foot = around;
  return () => {
    foot = null;
  };
}

/** Writes to the terminal, above the rows at its foot where there are any. */
export function above(write: () => void): void {
  if (foot === null) write();
  else foot(write);
}
