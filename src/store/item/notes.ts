import { formatActor, type ActorName } from "#domain/actor.ts";
import type { Note } from "#operations/ports/store/item-store.ts";
import type { Unit } from "#store/core.ts";

interface NewNote {
  readonly kind: string;
  readonly body: string;
  readonly actor?: ActorName;
  readonly runId?: number | null;
  /** Written by the holder of the item's lease. */
  readonly byHolder?: boolean;
}

export async function addNote(unit: Unit, itemId: number, note: NewNote): Promise<Note> {
  const values = {
    item_id: itemId,
    actor: note.actor ?? formatActor(unit.by.actor),
    at: unit.now,
    run_id: note.runId ?? null,
    kind: note.kind,
    holder: note.byHolder === true ? 1 : 0,
    body: note.body,
  };
  const id = await unit.core.dialect.items.insert(unit.tx, "note", values);
  return {
    id,
    actor: values.actor,
    at: unit.now,
    runId: values.run_id,
    kind: note.kind,
    byHolder: note.byHolder === true,
    body: note.body,
  };
}
