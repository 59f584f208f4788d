import { z } from "zod";
import type { GateStore, ImportedEntry } from "#operations/ports/store/gate-store.ts";
import type { Core } from "#store/core.ts";
import type { Database } from "#store/dialect.ts";

/** Values bound by one statement: far below what SQLite and PostgreSQL take. */
const AT_ONCE = 1_000;

const Entries = z.array(
  z.object({
    line: z.int(),
    title: z.string(),
    done: z.boolean(),
    candidateId: z.int().nullable(),
    itemId: z.int().nullable(),
  }),
);

type Members = Pick<GateStore, "imported" | "keepImported">;

/** What imports made of files. A record whose candidate is gone counts as none. */
export function importedFiles(core: Core): Members {
  return {
    imported: ({ system, files }) =>
      core.read(async (db) => {
        const digests = new Map(files.map(({ origin, digest }) => [origin, digest]));
        const records = new Map<string, z.output<typeof Entries>>();
        for (const origins of parts([...digests.keys()]))
          for (const row of await rowsOf(db, system, origins))
            if (row.digest === digests.get(row.origin))
              records.set(row.origin, Entries.parse(JSON.parse(row.entries)));
        const ids = [...records.values()].flatMap((entries) =>
          entries.flatMap(({ candidateId }) => (candidateId === null ? [] : [candidateId])),
        );
        const now = new Map((await statesOf(db, ids)).map((one) => [one.id, one]));
        return [...records].flatMap(([origin, entries]) => {
          const isWhole = entries.every(({ candidateId }) => candidateId === null || now.has(candidateId));
          if (!isWhole) return [];
          const shown = entries.map(({ candidateId, ...entry }): ImportedEntry => ({
            ...entry,
            candidate: candidateId === null ? null : (now.get(candidateId) ?? null),
          }));
          return [{ origin, entries: shown }];
        });
      }),
    keepImported: ({ by, system, files }) =>
      core.write(by, "todo.import", async (unit) => {
        for (const some of parts(files))
          await unit.tx
            .insertInto("imported_file")
            .values(
              some.map(({ origin, digest, entries }) => ({
                system,
                origin,
                digest,
                entries: JSON.stringify(entries),
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
