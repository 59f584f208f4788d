import { sql } from "kysely";
import type { ProjectStore } from "#operations/ports/store/project-store.ts";
import type { Core } from "#store/core.ts";
import type { Database } from "#store/dialect.ts";

type Of<K extends keyof ProjectStore> = Parameters<ProjectStore[K]>[0];

/** Which project a thing belongs to: what a scope is held against. */
export function ownerMembers(core: Core): Pick<ProjectStore, "owners" | "leaseOwner"> {
  return {
    owners: (request) => core.read((db) => owners(db, request)),
    leaseOwner: ({ leaseId }) =>
      core.read(async (db) => {
        const { table } = core.dialect;
        const { rows } = await sql<{ project: number }>`select project_id as project from ${table("item")}
          where lease_id = ${leaseId} or id in (select item_id from ${table("run")} where lease_id = ${leaseId})`.execute(
          db,
        );
        return rows[0]?.project;
      }),
  };
}

async function owners(db: Database, { of, ids }: Of<"owners">): Promise<ReadonlyMap<number, number>> {
  if (ids.length === 0) return new Map();
  const rows =
    of === "run"
      ? await db
          .selectFrom("run")
          .innerJoin("item", "item.id", "run.item_id")
          .select(["run.id as id", "item.project_id"])
          .where("run.id", "in", [...ids])
          .execute()
      : await db
          .selectFrom(of)
          .select(["id", "project_id"])
          .where("id", "in", [...ids])
          .execute();
  return new Map(rows.map((row) => [row.id, row.project_id]));
}
