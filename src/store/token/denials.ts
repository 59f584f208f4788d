import { formatActor } from "#domain/actor.ts";
import type { DenialStore } from "#operations/ports/store/denial-store.ts";
import { fields } from "#store/row-fields.ts";
import type { Core, Unit } from "#store/core.ts";
import { cursorNumbers, pageSize, toPage } from "#store/cursor.ts";
import { actorName } from "#store/item/item-row.ts";

type Of<K extends keyof DenialStore> = Parameters<DenialStore[K]>[0];

/** Kinds that are kept: about half a megabyte at most. */
const KEPT = 1_000;
const MAX_TEXT = 200;

export function denialStore(core: Core): DenialStore {
  return {
    record: (request) => core.write(request.by, "denied", (unit) => record(unit, request)),
    list: ({ actor, page }) =>
      core.read(async (db) => {
        const limit = pageSize(page);
        const [at, id] = cursorNumbers(page.cursor, 2) ?? [];
        const rows = await db
          .selectFrom("denial")
          .selectAll()
          .$if(actor !== undefined, (q) => q.where("actor", "=", actor ?? ""))
          .$if(at !== undefined, (q) =>
            q.where((eb) =>
              eb.or([
                eb("last_at", "<", at ?? 0),
                eb.and([eb("last_at", "=", at ?? 0), eb("id", "<", id ?? 0)]),
              ]),
            ),
          )
          .orderBy("last_at", "desc")
          .orderBy("id", "desc")
          .limit(limit + 1)
          .execute();
        return toPage(
          rows,
          limit,
          (row) => ({
            ...fields(row, "auth operation needed has times first_at last_at"),
            actor: actorName(row.actor),
            interface: row.door,
            token: row.token_id,
          }),
          (row) => [row.last_at, row.id],
        );
      }),
  };
}

async function record(unit: Unit, { by, operation, needed, has }: Of<"record">): Promise<void> {
  const latest = {
    auth: by.auth,
    door: by.interface,
    token_id: by.token ?? null,
    has: has.slice(0, MAX_TEXT),
    last_at: unit.now,
  };
  const { times } = await unit.tx
    .insertInto("denial")
    .values({
      actor: formatActor(by.actor),
      operation: operation.slice(0, MAX_TEXT),
      needed: needed.slice(0, MAX_TEXT),
      times: 1,
      first_at: unit.now,
      ...latest,
    })
    .onConflict((conflict) =>
      conflict
        .columns(["actor", "operation", "needed"])
        .doUpdateSet((eb) => ({ ...latest, times: eb("denial.times", "+", 1) })),
    )
    .returning("times")
    .executeTakeFirstOrThrow();
  if (times === 1) await forgetOldest(unit);
}

async function forgetOldest({ tx }: Unit): Promise<void> {
  const kept = tx
    .selectFrom("denial")
    .select("id")
    .orderBy("last_at", "desc")
    .orderBy("id", "desc")
    .limit(KEPT);
  await tx.deleteFrom("denial").where("id", "not in", kept).execute();
}
