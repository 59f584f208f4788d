import { z } from "zod";
import { invalidField } from "#domain/errors.ts";
import { MAX_PAGE, type Page, type PageRequest } from "#operations/ports/store/page.ts";

const Key = z.union([z.string(), z.number()]);

/** A cursor is the sort key of the last row, so that rows added before it never shift a page. */
export function writeCursor(key: readonly (string | number)[]): string {
  return Buffer.from(JSON.stringify(key)).toString("base64url");
}

export function readCursor(
  cursor: string | undefined,
  length: number,
): readonly (string | number)[] | undefined {
  if (cursor === undefined) return undefined;
  try {
    return z
      .array(Key)
      .length(length)
      .parse(JSON.parse(Buffer.from(cursor, "base64url").toString()));
  } catch {
    throw invalidField("cursor", cursor, "the page.next of an earlier answer");
  }
}

/** A whole number of a cursor. */
export function cursorId(cursor: string | undefined): number | undefined {
  const [id] = readCursor(cursor, 1) ?? [];
  return typeof id === "number" ? id : undefined;
}

/** Checks a page's size; one row more is read to know whether there is a next page. */
export function pageSize({ limit }: PageRequest): number {
  if (Number.isInteger(limit) && limit >= 1 && limit <= MAX_PAGE) return limit;
  throw invalidField("limit", limit, `1 to ${MAX_PAGE}`);
}

/** Cuts the extra row off and makes the next cursor from the last one kept. */
export function toPage<R, T>(
  rows: readonly R[],
  limit: number,
  read: (row: R) => T,
  key: (row: R) => readonly (string | number)[],
): Page<T> {
  const kept = rows.slice(0, limit);
  const last = kept.at(-1);
  return {
    items: kept.map(read),
    next: rows.length > limit && last !== undefined ? writeCursor(key(last)) : null,
  };
}
