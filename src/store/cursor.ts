import { z } from "zod";
import { invalidField, type SluiceError } from "#domain/errors.ts";
import { MAX_PAGE, type Page, type PageRequest } from "#operations/ports/store/page.ts";

const Key = z.lazy(() => z.union([z.string(), z.number()]));

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
    throw noCursor(cursor);
  }
}

/** A cursor whose keys are all whole numbers above zero: ids, and epoch milliseconds. */
export function cursorNumbers(cursor: string | undefined, length: number): readonly number[] | undefined {
  const key = readCursor(cursor, length);
  const numbers = key?.filter((one): one is number => Number.isSafeInteger(one) && Number(one) > 0);
  if (numbers?.length === key?.length) return numbers;
  throw noCursor(cursor);
}

/** The id that a cursor is. */
export const cursorId = (cursor: string | undefined): number | undefined => cursorNumbers(cursor, 1)?.[0];

const noCursor = (cursor: string | undefined): SluiceError =>
  invalidField("cursor", cursor, "the page.next of an earlier answer");

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
