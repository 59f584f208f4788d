import { laneNamed, type Lane } from "#domain/lane.ts";
import { virtualDeadline } from "#domain/schedule/claim-order.ts";
import { queuePlace } from "#domain/schedule/queue-place.ts";
import type { Finding } from "#operations/ports/store/history-store.ts";
import { readItem } from "#store/item/item-row.ts";

type Row = Parameters<typeof readItem>[0];

/** What of an item's row cannot be: its place in the queue, its deadline, its life, its lease. */
export function itemFindings(row: Row, lanes: readonly Lane[], now: number, ref: string): readonly Finding[] {
  const item = readItem(row);
  const wrong = (check: string, message: string): Finding => ({
    severity: "error",
    check,
    message: `${ref}: ${message}`,
    ref,
  });
  const place = queuePlace({ ...item, laneRole: laneNamed(lanes, item.lane).role }, now);
  const due = row.wake_at !== null && row.wake_at <= now; // a time has come that no claim has looked at yet
  return [
    place.q === row.q || due
      ? undefined
      : wrong(
          "derived.queue",
          `stands at ${row.q ?? "no"} place of the queue, ${place.q ?? "none"} is right`,
        ),
    item.deadline === virtualDeadline(item.readyAt, item.priority)
      ? undefined
      : wrong("derived.deadline", "its deadline does not follow from its priority"),
    (item.state === "done" || item.state === "dropped") === (item.closedAt !== null)
      ? undefined
      : wrong("lifecycle.closed", `is ${item.state} but its closing time says otherwise`),
    item.leaseId === null || item.leaseRunId !== null
      ? undefined
      : wrong("lease.run", "is leased without a run"),
  ].filter((finding) => finding !== undefined);
}
