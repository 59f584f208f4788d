import { fields } from "#store/row-fields.ts";
import type { Selectable } from "kysely";
import { z } from "zod";
import { formatActor, parseActor } from "#domain/actor.ts";
import { requireHuman, checkRole, type TokenGrant } from "#domain/caller.ts";
import { SluiceError } from "#domain/errors.ts";
import type { Token, TokenStore } from "#operations/ports/store/token-store.ts";
import type { TokenTable } from "./access-schema.ts";
import { databaseNow, type Core, type Unit } from "#store/core.ts";
import { cursorId, pageSize, toPage } from "#store/cursor.ts";
import type { Database, Tx } from "#store/dialect.ts";
import { recordEvent } from "#store/history/events.ts";
import { actorName } from "#store/item/item-row.ts";

type Of<K extends keyof TokenStore> = Parameters<TokenStore[K]>[0];
type Row = Selectable<TokenTable>;

/** How exactly the last use is known: each use would else be a write. */
const USE_NOTED_MS = 60_000;

const ProjectIds = z.array(z.int());

export function tokenStore(core: Core): TokenStore {
  return {
    find: ({ hash }) => findToken(core, hash),
    create: (request) => core.write(request.by, "token.create", (unit) => createToken(unit, request)),
    list: ({ all, page }) =>
      core.read(async (db) => {
        const limit = pageSize(page);
        const from = cursorId(page.cursor);
        const now = await databaseNow(db, core.dialect);
        const rows = await db
          .selectFrom("token")
          .selectAll()
          .$if(from !== undefined, (q) => q.where("id", "<", from ?? 0))
          .$if(!all, (q) => q.where("revoked_at", "is", null))
          .$if(!all, (q) =>
            q.where((eb) => eb.or([eb("expires_at", "is", null), eb("expires_at", ">", now)])),
          )
          .orderBy("id", "desc")
          .limit(limit + 1)
          .execute();
        const aliases = await aliasesOf(db);
        return toPage(
          rows,
          limit,
          (row) => toToken(row, aliases),
          (row) => [row.id],
        );
      }),
    revoke: (request) =>
      core.write(request.by, "token.revoke", async (unit) => {
        requireHuman(unit.by, "revoke a token");
        const row = await lockToken(unit, request.id);
        return toToken(row.revoked_at === null ? await revoke(unit, row) : row, await aliasesOf(unit.tx));
      }),
  };
}

async function findToken(core: Core, hash: string): Promise<TokenGrant | undefined> {
  const { row, now } = await core.read(async (db) => ({
    row: await db.selectFrom("token").selectAll().where("hash", "=", hash).executeTakeFirst(),
    now: await databaseNow(db, core.dialect),
  }));
  if (row === undefined || row.revoked_at !== null) return undefined;
  if (row.expires_at !== null && row.expires_at <= now) return undefined;
  if (row.last_used_at === null || row.last_used_at <= now - USE_NOTED_MS)
    await core.oneWrite((db) =>
      db
        .updateTable("token")
        .set({ last_used_at: now })
        .where("id", "=", row.id)
        .where((eb) => eb.or([eb("last_used_at", "is", null), eb("last_used_at", "<=", now - USE_NOTED_MS)]))
        .execute(),
    );
  const projects = projectIds(row);
  return {
    id: row.id,
    actor: parseActor(row.actor),
    role: row.role,
    ...(projects === null ? {} : { projects }),
  };
}

async function createToken(unit: Unit, request: Of<"create">): Promise<Token> {
  requireHuman(unit.by, "create a token");
  const { actor, role, hash, projectIds: projects, lifetimeMs } = request;
  checkRole(role, actor);
  const values = {
    actor: formatActor(actor),
    role,
    projects: projects === undefined ? null : JSON.stringify(projects),
    expires_at: lifetimeMs === undefined ? null : unit.now + lifetimeMs,
  };
  const row = await unit.tx
    .insertInto("token")
    .values({ ...values, hash, created_at: unit.now, created_by: formatActor(unit.by.actor), event_n: 1 })
    .returningAll()
    .executeTakeFirstOrThrow();
  await recordEvent(unit, { stream: "token", streamId: row.id, n: 1, changes: values });
  return toToken(row, await aliasesOf(unit.tx));
}

async function lockToken(unit: Unit, id: number): Promise<Row> {
  const row = await unit.tx
    .selectFrom("token")
    .selectAll()
    .where("id", "=", id)
    .modifyEnd(unit.core.dialect.forUpdate)
    .executeTakeFirst();
  if (row !== undefined) return row;
  throw new SluiceError("not_found", `There is no token ${id}`, {
    hint: "List them with: sluice token list --all",
    details: { token: id },
  });
}

async function revoke(unit: Unit, { id }: Row): Promise<Row> {
  const row = await unit.tx
    .updateTable("token")
    .set((eb) => ({ revoked_at: unit.now, event_n: eb("event_n", "+", 1) }))
    .where("id", "=", id)
    .returningAll()
    .executeTakeFirstOrThrow();
  const changes = { actor: row.actor, revoked_at: [null, row.revoked_at] };
  await recordEvent(unit, { stream: "token", streamId: id, n: row.event_n, changes });
  return row;
}

/** A backup knows nothing of what was revoked after it: none of its tokens is accepted in what is restored from it. */
export async function revokeAll(unit: Unit): Promise<void> {
  const rows = await unit.tx.selectFrom("token").selectAll().where("revoked_at", "is", null).execute();
  for (const row of rows) await revoke(unit, row);
}

function toToken(row: Row, aliases: ReadonlyMap<number, string>): Token {
  return {
    ...fields(row, "id role created_at expires_at revoked_at last_used_at"),
    actor: actorName(row.actor),
    projects: projectIds(row)?.map((id) => aliases.get(id) ?? String(id)) ?? null,
    createdBy: actorName(row.created_by),
  };
}

const projectIds = ({ projects }: Row): readonly number[] | null =>
  projects === null ? null : ProjectIds.parse(JSON.parse(projects));

async function aliasesOf(db: Database | Tx): Promise<ReadonlyMap<number, string>> {
  const rows = await db.selectFrom("project").select(["id", "alias"]).execute();
  return new Map(rows.map(({ id, alias }) => [id, alias]));
}
