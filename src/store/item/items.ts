import { formatActor } from "#domain/actor.ts";
import type { Item, ItemChange } from "#domain/item/item.ts";
import type { Caller } from "#domain/caller.ts";
import type { ItemDetail, ItemStore } from "#operations/ports/store/item-store.ts";
import { saveItem } from "./save-item.ts";
import type { Core, Unit } from "#store/core.ts";
import type { SqlNames } from "#store/database.ts";
import { decideItem } from "./decide.ts";
import { addItem } from "./item-add.ts";
import * as change from "./item-change.ts";
import { detailIn, plansOf, readDetail } from "./item-detail.ts";
import { listItems } from "./item-list.ts";
import { itemWrite, lockItem, type SaveOptions, untilUnmoved } from "./item-save.ts";
import { readItem } from "./item-row.ts";
import { lanesText, readLanes } from "#store/lane-rows.ts";
import type { ItemTable } from "#store/schema.ts";
import { SluiceError } from "#domain/errors.ts";
import type { Selectable } from "kysely";
import { requireOwnLease } from "#store/claim/lease.ts";
import { addLink, removeLink } from "./links.ts";
import { resolveRef } from "./refs.ts";

export function itemStore(core: Core): ItemStore {
  /** One write, answered by the item as it then is. */
  const changing =
    <R extends { readonly by: Caller }>(
      operation: string,
      work: (unit: Unit, request: R) => Promise<unknown>,
      idOf: (request: R) => number,
    ) =>
    (request: R): Promise<ItemDetail> =>
      core.write(request.by, operation, async (unit) => {
        await work(unit, request);
        return detailIn(unit, idOf(request));
      });
  const byId = ({ id }: { readonly id: number }) => id;
  return {
    add: ({ by, item }) =>
      core.write(by, "item.add", async (unit) => detailIn(unit, (await addItem(unit, item)).id)),
    get: ({ id }) => core.read((db) => readDetail(core, db, id)),
    resolve: ({ ref }) => core.read((db) => resolveRef(core, db, ref)),
    list: ({ filter, page }) => core.read((db) => listItems(core, db, filter, page)),
    edit: changing("item.edit", change.editItem, byId),
    move: changing("item.move", change.moveItem, byId),
    bump: changing("item.bump", change.bumpItem, byId),
    snooze: changing("item.snooze", change.snoozeItem, byId),
    drop: changing("item.drop", change.dropItem, byId),
    reopen: changing("item.reopen", change.reopenItem, byId),
    close: changing("item.close", change.closeItem, byId),
    unland: changing("unland", change.unlandItem, byId),
    unblock: changing("item.unblock", change.unblockItem, byId),
    decide: changing("decide", decideItem, byId),
    ...remarkMembers(core),
    plans: ({ id }) => core.read((db) => plansOf(core.dialect, db, id)),
    addEvidence: changing("evidence.add", addEvidence, byId),
    link: changing(
      "link.add",
      async (unit, link) => {
        await requireOwnLease(unit, await lockItem(unit, link.fromId));
        await addLink(unit, link);
      },
      (link) => link.fromId,
    ),
    unlink: changing(
      "link.remove",
      (unit, link) => removeLink(unit, link),
      (link) => link.fromId,
    ),
  };
}

/** What a holder and a bystander may write beside the item's own fields. */
function remarkMembers(core: Core): Pick<ItemStore, "note" | "setPlan"> {
  return {
    note: ({ by, id, body, kind = "note" }) =>
      remark(core, by, "note", id, ({ now }, runId) => {
        const actor = formatActor(by.actor);
        const byHolder = runId !== null;
        const toldNote = { item_id: id, actor, at: now, run_id: runId, kind, holder: byHolder ? 1 : 0, body };
        return {
          options: { toldNote },
          answer: (noteId) => ({ id: noteId, actor, at: now, runId, kind, byHolder, body }),
        };
      }),
    setPlan: ({ by, id, body }) =>
      remark(core, by, "plan.set", id, ({ now, planVersion }, runId) => {
        const version = planVersion + 1;
        return {
          options: { plan: { version, body, runId }, facts: { plan: version } },
          answer: () => ({ version, body, actor: formatActor(by.actor), at: now, runId }),
        };
      }),
  };
}

/** Every call of the holder renews the lease. */
function renewal(unit: Pick<Unit, "now">, item: Item, holder: boolean): ItemChange {
  return holder && item.leaseTtlMs !== null
    ? { leaseExpiresAt: Math.max(item.leaseExpiresAt ?? 0, unit.now + item.leaseTtlMs) }
    : {};
}

async function addEvidence(
  unit: Unit,
  { id, kind, value }: Parameters<ItemStore["addEvidence"]>[0],
): Promise<void> {
  const item = await lockItem(unit, id);
  const holder = await requireOwnLease(unit, item);
  await change.addEvidence(unit, id, holder ? item.leaseRunId : null, [{ kind, value }]);
  await saveItem(unit, item, renewal(unit, item, holder), { facts: { evidence: [kind, value] } });
}

interface RemarkedRow extends Selectable<ItemTable> {
  readonly fact_now: number;
  readonly fact_lanes: string | null;
  readonly fact_plan: number | null;
}

const remarkedSql = (names: SqlNames): string =>
  `select i.*, ${names.now} as fact_now, ${lanesText(names)} as fact_lanes,
    (select max(version) from ${names.t("plan")} where item_id = i.id) as fact_plan from ${names.t("item")} i where i.id = ${names.p(1)}`;
const lockedSql = (names: SqlNames): string => `${remarkedSql(names)} ${names.forUpdate("i")}`;

interface Remark<T> {
  readonly options: SaveOptions;
  /** @param noteId number of the note that was written; 0 without one */
  readonly answer: (noteId: number) => T;
}

/**
 * Adds to an item without changing what it is, in one step; a remark of its holder renews the lease.
 * @param say from what is known and the holder's run, null where the caller does not hold it
 */
function remark<T>(
  core: Core,
  by: Caller,
  operation: string,
  id: number,
  say: (known: { now: number; planVersion: number }, runId: number | null) => Remark<T>,
): Promise<T> {
  return untilUnmoved(core, async (db) => {
    const text = db.isTransaction ? lockedSql : remarkedSql;
    const [row] = await core.dialect.rows<RemarkedRow>(db, text, [id]);
    if (row === undefined) throw new SluiceError("not_found", `There is no item ${id}`, { details: { id } });
    const item = readItem(row);
    const unit = { core, by, operation, now: row.fact_now, lanes: readLanes(row.fact_lanes), tx: db };
    const holder = await requireOwnLease(unit, item);
    const known = { now: unit.now, planVersion: row.fact_plan ?? 0 };
    const { options, answer } = say(known, holder ? item.leaseRunId : null);
    const { write } = itemWrite(unit, item, renewal(unit, item, holder), options);
    const { leaseId, leaseExpiresAt } = item;
    const guard = holder && leaseId !== null ? { leaseId, leaseEndsAt: leaseExpiresAt } : {};
    const written = await core.dialect.items.write(db, { ...write, ...guard });
    return written === undefined ? "moved" : answer(written.noteId);
  });
}
