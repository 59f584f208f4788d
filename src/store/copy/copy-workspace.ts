import type { Caller } from "#domain/caller.ts";
import { SluiceError } from "#domain/errors.ts";
import { searchTokens } from "#domain/text/search-tokens.ts";
import { specText } from "#domain/item/spec.ts";
import { saveItem } from "#store/item/save-item.ts";
import { lossPlan } from "#domain/claim/run-end-plans.ts";
import { planFacts } from "#store/claim/holder-verbs.ts";
import type { Core, Unit } from "#store/core.ts";
import { NO_LEASE, readItem } from "#store/item/item-row.ts";
import { readSpec } from "#store/item/specs.ts";
import { rulesOf, TABLE_NAMES, type TableName } from "./copied-tables.ts";
import { continueNumbers, syncTable } from "./sync-table.ts";
import { COPY_SETTING } from "#store/setting-rows.ts";
import { digestTable, type Side } from "./table-rows.ts";
import { copyTally } from "#store/queue/tally.ts";

/** What a copy shows of one table. */
export interface CopiedRows {
  readonly table: string;
  readonly rows: number;
  /** Of all its rows; equal on both sides. */
  readonly sha256: string;
}

interface CopyRequest {
  readonly by: Caller;
  readonly from: Core;
  readonly to: Core;
  readonly onProgress: (table: string, rows: number) => void;
}

/** Items indexed or ended in one transaction. */
const BATCH = 200;

/**
 * Makes `to` hold the whole workspace of `from`, as of one moment, while `from` goes on; answers the proof. Leases end at the end: they
 * belong to processes that know the old place. Refuses with `conflict` where `to` holds another, finished workspace.
 */
export async function copyWorkspace({
  by,
  from,
  to,
  onProgress,
}: CopyRequest): Promise<readonly CopiedRows[]> {
  const proof = await carryRows({ from, to, onProgress });
  await finishCopy(to, by, { operation: "copy", reason: "The workspace was copied to another place" });
  return proof;
}

/** Every row as of one moment, and the search over it. The target is not a workspace yet: `finishCopy` makes it one. */
export async function carryRows({
  from,
  to,
  onProgress,
}: Omit<CopyRequest, "by">): Promise<readonly CopiedRows[]> {
  await begin(to);
  const proof = await from.dialect.snapshot(from.db, async (snapshot) => {
    const source: Side = { db: snapshot, dialect: from.dialect };
    const target: Side = { db: to.db, dialect: to.dialect };
    for (const table of TABLE_NAMES) await copyTable(source, target, table, onProgress);
    await copyTally(source, target);
    return prove(source, target);
  });
  await indexAll(to);
  return proof;
}

/** A new workspace, or one that a stopped copy left; nothing else is written over. */
async function begin(to: Core): Promise<void> {
  const state = await to.db
    .selectFrom("setting")
    .select("value")
    .where("key", "=", COPY_SETTING)
    .executeTakeFirst();
  const used = await to.db.selectFrom("event").select("id").limit(1).executeTakeFirst();
  if (state?.value === "running") return;
  if (state !== undefined)
    throw new SluiceError(
      "conflict",
      "A copy or restore to this place is finished already: it is a workspace",
      {
        hint: "Use it as it is; for another copy name a new file or schema",
      },
    );
  if (used !== undefined)
    throw new SluiceError("conflict", "The workspace to copy into is not empty", {
      hint: "Name a new file or schema",
    });
  await to.db.insertInto("setting").values({ key: COPY_SETTING, value: "running" }).execute();
}

async function copyTable(
  source: Side,
  target: Side,
  table: TableName,
  onProgress: CopyRequest["onProgress"],
): Promise<void> {
  let done = 0;
  await syncTable(source, target, table, (rows) => {
    done += rows;
    onProgress(table, done);
  });
  if (rulesOf(table).numbered === true) await continueNumbers(target, table);
}

/** Count and digest of every table, equal on both sides. */
async function prove(source: Side, target: Side): Promise<readonly CopiedRows[]> {
  const proof: CopiedRows[] = [];
  for (const table of TABLE_NAMES) {
    const [one, other] = [await digestTable(source, table), await digestTable(target, table)];
    if (one.sha256 !== other.sha256)
      throw new SluiceError(
        "internal",
        `The copy of ${table} differs: ${one.rows} rows against ${other.rows}`,
        { hint: "Run the same command again: it continues where it stopped" },
      );
    proof.push({ table, ...one });
  }
  return proof;
}

async function indexAll(to: Core): Promise<void> {
  for (let last = 0; ;) {
    const rows = await to.db
      .selectFrom("item")
      .select(["id", "title"])
      .where("id", ">", last)
      .orderBy("id")
      .limit(BATCH)
      .execute();
    await to.db.transaction().execute(async (tx) => {
      for (const { id, title } of rows)
        await to.dialect.index(tx, id, searchTokens(`${title}\n${specText(await readSpec(tx, id))}`));
    });
    last = rows.at(-1)?.id ?? 0;
    if (rows.length < BATCH) return;
  }
}

export interface Finish {
  readonly operation: string;
  /** What the next runs are told. */
  readonly reason: string;
  readonly also?: (unit: Unit) => Promise<void>;
}

/** Ends what was going on in the source and lets the target be used, in one step: a stop before it goes on, one after it is done. */
export async function finishCopy(to: Core, by: Caller, { operation, reason, also }: Finish): Promise<void> {
  await to.write(by, operation, async (unit) => {
    const rows = await unit.tx
      .selectFrom("item")
      .selectAll()
      .where("lease_id", "is not", null)
      .orderBy("id")
      .execute();
    for (const item of rows.map(readItem)) {
      if (item.state === "open") {
        const { change, ...options } = lossPlan(await planFacts(unit, item), "interrupted", reason);
        await saveItem(unit, item, change, options);
      } else await saveItem(unit, item, NO_LEASE);
    }
    await also?.(unit);
    await unit.tx.updateTable("setting").set({ value: "done" }).where("key", "=", COPY_SETTING).execute();
  });
}
