import type { Selectable } from "kysely";
import { z } from "zod";
import type { HistoryEvent } from "#operations/ports/store/history-store.ts";
import type { EventTable } from "./event-schema.ts";
import { actorName } from "#store/item/item-row.ts";
import type { Payload } from "./payloads.ts";

const Changes = z.record(z.string(), z.unknown());

/** An entry of the history as the store answers it. */
export function readEvent(row: Selectable<EventTable> & Payload): HistoryEvent {
  return {
    id: row.id,
    stream: row.stream,
    streamId: row.stream_id,
    n: row.n,
    at: row.at,
    actor: actorName(row.actor),
    auth: row.auth,
    door: row.door,
    operation: row.operation,
    runId: row.run_id,
    idempotencyKey: row.idempotency_key,
    redactedAt: row.redacted_at,
    changes: Changes.parse(JSON.parse(row.changes)),
  };
}
