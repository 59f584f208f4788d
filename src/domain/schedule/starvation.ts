/** What one queue did in a window of time: the ready items of one project, or the open ones of one lane. */
export interface QueuePressure {
  /** Project alias or lane name. */
  readonly name: string;
  /** Items waiting now. */
  readonly waiting: number;
  /** Since when the oldest waits, epoch milliseconds; null where none does. */
  readonly oldestAt: number | null;
  /** Items that came in the window. */
  readonly arrivals: number;
  /** Items that were taken (projects) or left (lanes) in the window. */
  readonly drains: number;
}

interface StarvationReport {
  /** Queues whose oldest item waits longer than it should, longest first. */
  readonly starved: readonly string[];
  /** Queues that fill faster than they are drained while others starve, the fullest first. */
  readonly floods: readonly string[];
}

/** An item may wait a week, the patience of the lowest priority; twice that is a warning. Milliseconds. */
export const STARVED_AFTER_MS = 2 * 168 * 3_600_000;
/** A queue floods when this share of all that waits is its own. */
const FLOOD_SHARE = 0.5;

/** Who waits too long, and whose flood may be why. */
export function starvation(queues: readonly QueuePressure[], now: number): StarvationReport {
  const waits = (queue: QueuePressure) => (queue.oldestAt === null ? 0 : now - queue.oldestAt);
  const starved = queues
    .filter((queue) => waits(queue) > STARVED_AFTER_MS)
    .toSorted((a, b) => waits(b) - waits(a));
  const total = queues.reduce((sum, queue) => sum + queue.waiting, 0);
  const floods = queues
    .filter((queue) => queue.arrivals > queue.drains && queue.waiting > total * FLOOD_SHARE)
    .toSorted((a, b) => b.waiting - a.waiting);
  return { starved: starved.map(({ name }) => name), floods: floods.map(({ name }) => name) };
}
