import { createHash } from "node:crypto";
import { readRows, rowText, type Side } from "#store/copy/table-rows.ts";

export interface HistoryDigest {
  readonly events: number;
  /** Of all entries with what changed, in their order. */
  readonly sha256: string;
}

/** Count and sha256 of the history up to an entry: equal for a workspace and its backup, whatever was written since. */
export async function digestHistory(side: Side, lastId: number): Promise<HistoryDigest> {
  const hash = createHash("sha256");
  let events = 0;
  for (const [table, column] of [
    ["event", "id"],
    ["event_payload", "event_id"],
    ["event_block", "last_id"],
  ] as const)
    for await (const batch of readRows(side, table)) {
      const rows = batch.filter((row) => Number(row[column]) <= lastId);
      for (const row of rows) hash.update(rowText(row));
      if (table === "event") events += rows.length;
      if (rows.length < batch.length) break;
    }
  return { events, sha256: hash.digest("hex") };
}
