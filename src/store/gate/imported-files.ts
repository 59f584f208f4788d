import { z } from "zod";
import type { GateStore } from "#operations/ports/store/gate-store.ts";
import type { Core } from "#store/core.ts";
import type { Database } from "#store/dialect.ts";

/** Values bound by one statement: far below what SQLite and PostgreSQL take. */
const AT_ONCE = 1_000;

const Record = z.object({
  left: z.int(),
  entries: z.array(
    z.object({
      line: z.int(),
      title: z.string(),
      done: z.boolean(),
      loose: z.boolean(),
      candidateId: z.int().nullable(),
      itemId: z.int().nullable(),
    }),
  ),
});

type Members = Pick<GateStore, "imported" | "keepImported">;

/** What imports made of files. A record whose candidate is gone, or of an earlier form, counts as none. */
export function importedFiles(core: Core): Members {
  return {
    imported: ({ system, origins }) =>
      core.read(async (db) => {
        const records = [];
        for (const some of parts(origins))
          for (const { origin, digest, entries } of await rowsOf(db, system, some)) {
            const read = Record.safeParse(JSON.parse(entries));
            if (read.success) records.push({ origin, digest, ...read.data });
          }
        const ids = records.flatMap(({ entries }) => entries.flatMap(({ candidateId }) => candidateId ?? []));
        const now = new Map((await statesOf(db, ids)).map((one) => [one.id, one]));
        return records.flatMap((record) => {
          const isWhole = record.entries.every(({ candidateId: id }) => id === null || now.has(id));
          if (!isWhole) return [];
          const entries = record.entries.map(({ candidateId, ...entry }) => ({
            ...entry,
            candidate: candidateId === null ? null : (now.get(candidateId) ?? null),
          }));
          return [{ ...record, entries }];
        });
      }),
    keepImported: ({ by, system, files }) =>
      core.write(by, "todo.import", async (unit) => {
        for (const some of parts(files))
          await unit.tx
            .insertInto("imported_file")
            .values(
              some.map(({ origin, digest, left, entries }) => ({
                system,
                origin,
                digest,
                entries: JSON.stringify({ left, entries }),
              })),
            )
            .onConflict((conflict) =>
              conflict.columns(["system", "origin"]).doUpdateSet((eb) => ({
                digest: eb.ref("excluded.digest"),
                entries: eb.ref("excluded.entries"),
              })),
            )
            .execute();
      }),
  };
}

const rowsOf = (db: Database, system: string, origins: readonly string[]) =>
  db
    .selectFrom("imported_file")
    .select(["origin", "digest", "entries"])
    .where("system", "=", system)
    .where("origin", "in", origins)
    .execute();

async function statesOf(db: Database, ids: readonly number[]) {
  const found = [];
  for (const some of parts(ids))
    found.push(
      ...(await db
        .selectFrom("candidate")
        .select(["id", "project_id as projectId", "state", "item_id as itemId"])
        .where("id", "in", some)
        .execute()),
    );
  return found;
}

function parts<T>(all: readonly T[]): readonly (readonly T[])[] {
  return Array.from({ length: Math.ceil(all.length / AT_ONCE) }, (_, at) =>
    all.slice(at * AT_ONCE, (at + 1) * AT_ONCE),
  );
}
