import { formatActor, type ActorName } from "#domain/actor.ts";
import type { Unit } from "#store/core.ts";

/** What has a history of its own. */
export type Stream = "item" | "candidate" | "project" | "repo" | "token" | "workspace";

export interface NewEvent {
  readonly stream: Stream;
  readonly streamId: number;
  /** Its number in the stream, given under the stream's row lock. */
  readonly n: number;
  /** Field → [old, new], or facts of the event. */
  readonly changes: Readonly<Record<string, unknown>>;
  /** Where the product itself acts (a policy, the lease's end), not the caller. */
  readonly actor?: ActorName | undefined;
  readonly operation?: string | undefined;
  readonly runId?: number | null | undefined;
  readonly leaseId?: string | null | undefined;
}

/** Writes one entry of the history, in the transaction of the change it tells of. */
export async function recordEvent(unit: Unit, event: NewEvent): Promise<void> {
  const row = await unit.tx
    .insertInto("event")
    .values({
      stream: event.stream,
      stream_id: event.streamId,
      n: event.n,
      at: unit.now,
      actor: event.actor ?? formatActor(unit.by.actor),
      auth: event.actor === undefined ? unit.by.auth : "asserted",
      door: unit.by.door,
      operation: event.operation ?? unit.operation,
      run_id: event.runId ?? null,
      lease_id: event.leaseId ?? null,
      idempotency_key: unit.core.key ?? null,
    })
    .returning("id")
    .executeTakeFirstOrThrow();
  const changes = event.actor === undefined ? { ...event.changes, ...unit.facts } : event.changes;
  await unit.tx
    .insertInto("event_payload")
    .values({ event_id: row.id, changes: JSON.stringify(changes), redacted_at: null })
    .execute();
}

/** An entry of the workspace's own stream: settings, lanes, pauses. */
export async function recordWorkspaceEvent(
  unit: Unit,
  changes: Readonly<Record<string, unknown>>,
): Promise<void> {
  await unit.core.dialect.lock(unit.tx, "workspace");
  const last = await unit.tx
    .selectFrom("event")
    .select((eb) => eb.fn.max("n").as("n"))
    .where("stream", "=", "workspace")
    .where("stream_id", "=", 0)
    .executeTakeFirst();
  await recordEvent(unit, { stream: "workspace", streamId: 0, n: Number(last?.n ?? 0) + 1, changes });
}
