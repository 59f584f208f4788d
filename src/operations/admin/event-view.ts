import { z } from "zod";
import { candidateRef, runRef } from "#domain/ref.ts";
import type { RefOf } from "#operations/item/item-ref.ts";
import { isoTime, IsoTime } from "#operations/iso-time.ts";
import type { HistoryEvent } from "#operations/ports/store/history-store.ts";

/** One entry of the history. */
export const EventView = z.object({
  id: z.int(),
  stream: z.string(),
  /** Ref of the item or candidate it tells of. */
  ref: z.string().optional(),
  n: z.int(),
  at: IsoTime,
  actor: z.string(),
  auth: z.string(),
  interface: z.string(),
  operation: z.string(),
  run: z.string().optional(),
  idempotency_key: z.string().optional(),
  /** What was done, in a sentence. */
  text: z.string().optional(),
  /** The note that was written with it. */
  said: z.string().optional(),
  /** By field, a value, or the old and the new one; where an entry is told in a sentence it has none. */
  changes: z.record(z.string(), z.unknown()).optional(),
  /** When something was taken out of the changes. */
  redacted_at: IsoTime.optional(),
});

/** Whoever has one of these may write for a run. */
const SECRETS = new Set(["lease_id", "leaseId", "lease", "token"]);
const TIME_FIELD = /(_at|_before|deadline|At|Before)$/;

export function eventView(event: HistoryEvent, refOf: RefOf): z.input<typeof EventView> {
  const {
    id,
    stream,
    streamId,
    n,
    at,
    actor,
    auth,
    interface: way,
    operation,
    runId,
    idempotencyKey,
  } = event;
  const changes = Object.entries(event.changes).filter(([field]) => !SECRETS.has(field));
  return {
    id,
    stream,
    ref: refIn(stream, streamId, refOf),
    n,
    at: isoTime(at),
    actor,
    auth,
    interface: way,
    operation,
    run: runId === null ? undefined : runRef(runId),
    idempotency_key: idempotencyKey ?? undefined,
    changes: Object.fromEntries(changes.map(([field, value]) => [field, readable(field, value)])),
    redacted_at: isoTime(event.redactedAt),
  };
}

function refIn(stream: string, streamId: number, refOf: RefOf): string | undefined {
  if (stream === "item") return refOf(streamId);
  return stream === "candidate" ? candidateRef(streamId) : undefined;
}

function readable(field: string, value: unknown): unknown {
  if (!TIME_FIELD.test(field)) return value;
  if (Array.isArray(value)) return value.map((one) => readable(field, one));
  return typeof value === "number" ? isoTime(value) : value;
}
