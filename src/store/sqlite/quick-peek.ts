import { Database as SqliteFile } from "bun:sqlite";
import type { Item } from "#domain/item/item.ts";
import { readItem } from "#store/item/item-row.ts";
import { drawPlain, within } from "#store/queue/queue-draw.ts";
import type { SettingTable } from "#store/schema.ts";
import { toSettings } from "#store/setting-rows.ts";
import { fileGuard } from "./file-place.ts";
import { refuseForeign, SCHEMA } from "./migrate-sqlite.ts";
import { sqliteClock } from "./sqlite-clock.ts";
import { peekReady, queueHead } from "./sqlite-hot-paths.ts";

/** An item with what showing it needs. */
export interface QuickPeek {
  readonly item: Item;
  /** Alias of its project. */
  readonly project: string;
  /** Prefix of refs. */
  readonly prefix: string;
}

/**
 * What `peek` of a store answers without a filter, of a file that is only read, without what a whole store needs to be loaded.
 * Undefined wherever that takes more than the usual case: the store then says what there is to say.
 */
export function quickPeek(path: string): QuickPeek | undefined {
  const file = new SqliteFile(path, { readonly: true, strict: true });
  try {
    fileGuard(path);
    if (refuseForeign(file, path, false) !== SCHEMA) return undefined;
    const { prefix } = toSettings(file.query<SettingTable, []>("select key, value from setting").all());
    const { entries } = queueHead(file, sqliteClock(0), "core", "");
    const pairs = drawPlain(within(entries, {}), Math.random);
    if (pairs === undefined || pairs.length === 0) return undefined;
    const row = peekReady(file, { pairs, class: "core" });
    if (row === undefined) return undefined;
    const alias = file
      .query<{ alias: string }, [number]>("select alias from project where id = ?1")
      .get(row.project_id);
    return alias === null ? undefined : { item: readItem(row), project: alias.alias, prefix };
  } finally {
    file.close();
  }
}
