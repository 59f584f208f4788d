import { Database } from "bun:sqlite";
import { expect, test } from "bun:test";
import { itemWithPartsSql } from "#store/item/item-detail.ts";
import { aheadSql } from "#store/queue/queue-summary.ts";
import { runWithPartsSql } from "#store/run/run-row.ts";
import { sqliteNames } from "#store/sqlite/sqlite-dialect.ts";
import { openTestStore } from "#test/stores.ts";

const names = sqliteNames("0");

test("an item and a run with their parts are found by keys alone", async () => {
  const workspace = await openTestStore("sqlite");
  try {
    using file = new Database(workspace.place, { readonly: true });
    for (const text of [itemWithPartsSql(names), runWithPartsSql(names)]) {
      const steps = file
        .query<{ detail: string }, []>(`explain query plan ${text.replace("+?1", "7")}`)
        .all();
      const looked = steps.map(({ detail }) => detail).filter((detail) => /^(?:SCAN|SEARCH) /.test(detail));
      expect(looked.length).toBeGreaterThan(0);
      expect(looked.filter((detail) => detail.startsWith("SCAN "))).toEqual([]);
    }
  } finally {
    await workspace.close();
  }
});

test("what stands before an item is a range of the queue, and ends at the item", async () => {
  const workspace = await openTestStore("sqlite");
  try {
    using file = new Database(workspace.place, { readonly: true });
    const steps = file
      .query<{ detail: string }, string[]>(`explain query plan ${aheadSql(names)}`)
      .all("core", "1", "1", "1", "1", "1", "1");
    expect(steps.map(({ detail }) => detail).join("\n")).toContain(
      "project_id=? AND (band,deadline,tried)<(?,?,?)",
    );
  } finally {
    await workspace.close();
  }
});
