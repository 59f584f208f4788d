import { formatActor, type ActorName } from "#domain/actor.ts";
import type { Unit } from "#store/core.ts";

/** What has a history of its own. */
export type Stream = "item" | "candidate" | "project" | "repo" | "token" | "workspace";

interface NewEvent {
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
  await recordEvents(unit, [event]);
}

/** Writes entries of several streams at once; at most some thousands, as many as one statement may bind. */
export async function recordEvents(unit: Unit, events: readonly NewEvent[]): Promise<void> {
  if (events.length === 0) return;
  const rows = await unit.tx
    .insertInto("event")
    .values(events.map((event) => eventRow(unit, event)))
    .returning(["id", "stream", "stream_id", "n"])
    .execute();
  const keyOf = (stream: string, streamId: number, n: number) => `${stream} ${streamId} ${n}`;
  const changes = new Map(
    events.map((event) => [keyOf(event.stream, event.streamId, event.n), changesOf(unit, event)]),
  );
  await unit.tx
    .insertInto("event_payload")
    .values(
      rows.map(({ id, stream, stream_id, n }) => ({
        event_id: id,
        changes: JSON.stringify(changes.get(keyOf(stream, stream_id, n))),
        redacted_at: null,
      })),
    )
    .execute();
}

function eventRow(unit: Unit, event: NewEvent) {
  return {
    stream: event.stream,
    stream_id: event.streamId,
    n: event.n,
    at: unit.now,
    actor: event.actor ?? formatActor(unit.by.actor),
    auth: event.actor === undefined ? unit.by.auth : ("asserted" as const),
    door: unit.by.interface,
    operation: event.operation ?? unit.operation,
    run_id: event.runId ?? null,
    lease_id: event.leaseId ?? null,
    idempotency_key: unit.core.key ?? null,
  };
}

const changesOf = (unit: Unit, { actor, changes }: NewEvent) =>
  actor === undefined ? { ...changes, ...unit.facts } : changes;

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
