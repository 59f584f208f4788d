import { sql } from "kysely";
import { QUEUE } from "#domain/schedule/queue-place.ts";
import { ITEM_STATES, isClosed } from "#domain/item/lifecycle.ts";
import type { Item } from "#domain/item/item.ts";
import { parseSearch } from "#domain/text/search-tokens.ts";
import type { ItemFilter } from "#operations/ports/store/item-store.ts";
import type { Page, PageRequest } from "#operations/ports/store/page.ts";
import type { Core } from "#store/core.ts";
import { cursorId, pageSize, toPage } from "#store/cursor.ts";
import type { Database } from "#store/dialect.ts";
import { readItem } from "./item-row.ts";

const OPEN_STATES = ITEM_STATES.filter((state) => !isClosed(state));

/** Items by filter, newest first. */
export async function listItems(
  core: Core,
  db: Database,
  filter: ItemFilter,
  page: PageRequest,
): Promise<Page<Item & { readonly project: string }>> {
  const limit = pageSize(page);
  const before = cursorId(page.cursor);
  const terms = filter.search === undefined ? [] : parseSearch(filter.search);
  if (filter.search !== undefined && terms.length === 0) return { items: [], next: null };
  const rows = await filtered(db, filter)
    .$if(before !== undefined, (query) => query.where("item.id", "<", before ?? 0))
    .$if(terms.length > 0, (query) => query.where(core.dialect.matches(terms)))
    .innerJoin("project", "project.id", "item.project_id")
    .selectAll("item")
    .select("project.alias as project")
    .orderBy("item.id", "desc")
    .limit(limit + 1)
    .execute();
  return toPage(
    rows,
    limit,
    (row) => ({ ...readItem(row), project: row.project }),
    (row) => [row.id],
  );
}

function filtered(db: Database, filter: ItemFilter) {
  const {
    lanes = [],
    phases = [],
    states = OPEN_STATES,
    projectId,
    projectIds,
    label,
    kind,
    parentId,
    actor,
    leased,
  } = filter;
  return (
    db
      .selectFrom("item")
      .where("item.state", "in", [...states])
      .$if(projectId !== undefined, (q) => q.where("item.project_id", "=", projectId ?? 0))
      .$if(projectIds !== undefined, (q) => q.where("item.project_id", "in", [...(projectIds ?? [])]))
      .$if(lanes.length > 0, (q) => q.where("item.lane", "in", [...lanes]))
      .$if(phases.length > 0, (q) => q.where("item.phase", "in", [...phases]))
      .$if(kind !== undefined, (q) => q.where("item.kind", "=", kind ?? ""))
      .$if(parentId !== undefined, (q) => q.where("item.parent_id", "=", parentId ?? 0))
      // Beside the order by id SQLite would walk all items rather than the index of the leased ones.
      .$if(leased === true, (q) =>
        q.where("item.id", "in", db.selectFrom("item").select("id").where("q", "=", sql.lit(QUEUE.leased))),
      )
      .$if(leased === false, (q) => q.where("item.lease_id", "is", null))
      .$if(label !== undefined, (q) =>
        q.where((eb) =>
          eb.exists(
            eb
              .selectFrom("item_label")
              .select("item_id")
              .whereRef("item_label.item_id", "=", "item.id")
              .where("label", "=", label ?? ""),
          ),
        ),
      )
      .$if(actor !== undefined, (q) =>
        q.where((eb) =>
          eb.or([eb("item.created_by", "=", actor ?? ""), eb("item.holder", "=", actor ?? "")]),
        ),
      )
  );
}
