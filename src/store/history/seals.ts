import { createHash } from "node:crypto";
import { formatActor } from "#domain/actor.ts";
import { requireHuman } from "#domain/caller.ts";
import { candidateRef, formatRef } from "#domain/ref.ts";
import type { Finding, HistoryStore, Seal } from "#operations/ports/store/history-store.ts";
import type { Core, Unit } from "#store/core.ts";
import type { Database, Tx } from "#store/dialect.ts";
import { payloadsOf, type Payload } from "./payloads.ts";
import { prefixOf } from "#store/item/refs.ts";

/** Entries sealed in one transaction, and read at a time. */
const BATCH = 1_000;
/** Findings kept: a history written by another hand would print for ever. */
const MOST = 100;

const sha256 = (text: string): string => createHash("sha256").update(text).digest("hex");

/** Chains what is new in the history to what was sealed before, and answers the root of all heads: to be kept elsewhere. */
export async function sealHistory(core: Core, { by }: Parameters<HistoryStore["seal"]>[0]): Promise<Seal> {
  requireHuman(by, "seal the history");
  let sealed = 0;
  for (let added = BATCH; added === BATCH; sealed += added)
    added = await core.write(by, "log.seal", (unit) => sealSome(unit));
  return core.write(by, "log.seal", async (unit) => {
    await unit.core.dialect.lock(unit.tx, "seal");
    const last = await lastSeal(unit.tx);
    const { seal_id: open } = await openSeal(unit.tx);
    if (last !== undefined && open === last.id) return { ...last, added: 0 };
    const heads = await headsOf(unit.tx);
    const row = {
      id: open,
      at: unit.now,
      actor: formatActor(unit.by.actor),
      streams: heads.size,
      root: rootOf(heads),
    };
    await unit.tx.insertInto("seal").values(row).execute();
    return { ...row, actor: formatActor(unit.by.actor), added: sealed };
  });
}

/** The number that what is sealed now belongs to: that of the last seal where nothing was added since. */
async function openSeal(tx: Tx): Promise<{ seal_id: number }> {
  const newest = await tx
    .selectFrom("event_seal")
    .select((eb) => eb.fn.max("seal_id").as("seal_id"))
    .executeTakeFirst();
  return { seal_id: Number(newest?.seal_id ?? 0) };
}

async function lastSeal(db: Database | Tx): Promise<Omit<Seal, "added"> | undefined> {
  return db.selectFrom("seal").selectAll().orderBy("id", "desc").limit(1).executeTakeFirst();
}

async function sealSome(unit: Unit): Promise<number> {
  await unit.core.dialect.lock(unit.tx, "seal");
  const sealId = ((await lastSeal(unit.tx))?.id ?? 0) + 1;
  const rows = await entries(unit.tx)
    .where("event_seal.event_id", "is", null)
    .orderBy("event.id")
    .limit(BATCH)
    .execute();
  const payloads = await payloadsOf(
    unit.tx,
    rows.map(({ id }) => id),
  );
  const chained = new Map<string, string>();
  for (const row of rows) {
    const payload = sha256(payloads.get(row.id)?.changes ?? "");
    const before =
      chained.get(`${row.stream}:${row.stream_id}:${row.n - 1}`) ?? (await sealBefore(unit.tx, row));
    const chain = linkOf(row, payload, before);
    chained.set(`${row.stream}:${row.stream_id}:${row.n}`, chain);
    await unit.tx
      .insertInto("event_seal")
      .values({ event_id: row.id, seal_id: sealId, payload_sha256: payload, sha256: chain })
      .execute();
  }
  return rows.length;
}

const entries = (db: Database | Tx) =>
  db
    .selectFrom("event")
    .leftJoin("event_seal", "event_seal.event_id", "event.id")
    .selectAll("event")
    .select(["event_seal.payload_sha256", "event_seal.sha256"]);

type Entry = Awaited<ReturnType<ReturnType<typeof entries>["execute"]>>[number];

/** What an entry changed; nothing where that is lost. */
const NO_PAYLOAD = { changes: "", redacted_at: null };

/** The link of an entry: everything about it, what changed as a digest, and the link before. */
function linkOf(row: Entry, payload: string, before: string): string {
  const { stream, stream_id, n, at, actor, auth, door, operation, run_id, lease_id, idempotency_key } = row;
  const said = [stream, stream_id, n, at, actor, auth, door, operation, run_id, lease_id, idempotency_key];
  return sha256(JSON.stringify([...said, payload, before]));
}

async function sealBefore(tx: Tx, { stream, stream_id: id, n }: Entry): Promise<string> {
  const row = await tx
    .selectFrom("event")
    .innerJoin("event_seal", "event_seal.event_id", "event.id")
    .select("event_seal.sha256")
    .where("event.stream", "=", stream)
    .where("event.stream_id", "=", id)
    .where("event.n", "=", n - 1)
    .executeTakeFirst();
  return row?.sha256 ?? "";
}

/** The last sealed link of each stream. */
async function headsOf(db: Database | Tx): Promise<ReadonlyMap<string, string>> {
  const heads = new Map<string, string>();
  for await (const row of sealedEntries(db)) heads.set(`${row.stream}:${row.stream_id}`, row.sha256 ?? "");
  return heads;
}

async function* sealedEntries(db: Database | Tx): AsyncGenerator<Entry> {
  for await (const batch of sealedBatches(db)) yield* batch;
}

async function* sealedWithPayloads(db: Database): AsyncGenerator<Entry & Payload> {
  for await (const batch of sealedBatches(db)) {
    const payloads = await payloadsOf(
      db,
      batch.map(({ id }) => id),
    );
    yield* batch.map((row) => ({ ...row, ...(payloads.get(row.id) ?? NO_PAYLOAD) }));
  }
}

async function* sealedBatches(db: Database | Tx): AsyncGenerator<readonly Entry[]> {
  for (let last = 0; ;) {
    const rows = await entries(db)
      .where("event_seal.event_id", "is not", null)
      .where("event.id", ">", last)
      .orderBy("event.id")
      .limit(BATCH)
      .execute();
    yield rows;
    last = rows.at(-1)?.id ?? 0;
    if (rows.length < BATCH) return;
  }
}

const rootOf = (heads: ReadonlyMap<string, string>): string =>
  sha256(
    Array.from(heads, ([stream, link]) => `${stream} ${link}`)
      .toSorted()
      .join("\n"),
  );

/** Says of each stream the first entry that is not what was sealed. What was taken out on purpose is not compared. */
export async function checkSeals(db: Database): Promise<readonly Finding[]> {
  const prefix = await prefixOf(db);
  const heads = new Map<string, string>();
  const findings = new Map<string, Finding>();
  for await (const row of sealedWithPayloads(db)) {
    const stream = `${row.stream}:${row.stream_id}`;
    const payload = row.redacted_at === null ? sha256(row.changes) : (row.payload_sha256 ?? "");
    const link = linkOf(row, payload, heads.get(stream) ?? "");
    heads.set(stream, row.sha256 ?? "");
    if (link === row.sha256 || findings.size >= MOST) continue;
    if (!findings.has(stream)) findings.set(stream, changed(row, prefix));
  }
  const last = await lastSeal(db);
  const isSame = last === undefined || last.root === rootOf(heads) || (await hasNewer(db, last.id));
  return [...findings.values(), ...(isSame ? [] : [lostEntries(last.id)])];
}

/** Sealing was stopped after that seal: its root is not that of all heads any more. */
async function hasNewer(db: Database, seal: number): Promise<boolean> {
  const newer = await db
    .selectFrom("event_seal")
    .select("event_id")
    .where("seal_id", ">", seal)
    .limit(1)
    .executeTakeFirst();
  return newer !== undefined;
}

function changed({ stream, stream_id: id, n, operation }: Entry, prefix: string): Finding {
  const ref =
    stream === "item" ? formatRef(prefix, id) : stream === "candidate" ? candidateRef(id) : undefined;
  return {
    severity: "error",
    check: "history.seal",
    message: `${ref ?? `${stream} ${id}`}: entry ${n} of its history (${operation}) was changed after it was sealed`,
    ref,
  };
}

const lostEntries = (seal: number): Finding => ({
  severity: "error",
  check: "history.seal",
  message: `The history does not lead to the root of seal ${seal}: entries or seals were changed or lost`,
});
