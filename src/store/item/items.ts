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
import { lockItem } from "./item-save.ts";
import { requireOwnLease } from "#store/claim/lease.ts";
import { addLink, removeLink } from "./links.ts";
import { addNote } from "./notes.ts";
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
    note: ({ by, id, body, kind }) =>
      core.write(by, "note", async (unit) => {
        const item = await lockItem(unit, id);
        const holder = await requireOwnLease(unit, item);
        const note = await addNote(unit, id, {
          kind: kind ?? "note",
          body,
          runId: holder ? item.leaseRunId : null,
          byHolder: holder,
        });
        await saveItem(unit, item, renewal(unit, item, holder), { facts: { note: note.id } });
        return note;
      }),
    setPlan: ({ by, id, body }) => core.write(by, "plan.set", (unit) => setPlan(unit, id, body)),
    plans: ({ id }) => core.read((db) => plansOf(db, id)),
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

/** Every call of the holder renews the lease. */
function renewal(unit: Unit, item: Item, holder: boolean): ItemChange {
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

async function setPlan(unit: Unit, id: number, body: string) {
  const item = await lockItem(unit, id);
  const holder = await requireOwnLease(unit, item);
  const [newest] = await unit.core.dialect.rows<{ version: number | null }>(unit.tx, newestPlanSql, [id]);
  const version = (newest?.version ?? 0) + 1;
  const runId = holder ? item.leaseRunId : null;
  const options = { plan: { version, body, runId }, facts: { plan: version } };
  await saveItem(unit, item, renewal(unit, item, holder), options);
  return { version, body, actor: formatActor(unit.by.actor), at: unit.now, runId };
}

const newestPlanSql = ({ t, p }: SqlNames): string =>
  `select max(version) as version from ${t("plan")} where item_id = ${p(1)}`;
