import { type RawBuilder, sql } from "kysely";
import { writtenForms } from "#domain/text/redaction.ts";
import type { HistoryStore } from "#operations/ports/store/history-store.ts";

/** Whose texts; undefined for everything. */
export type RedactedOf = Parameters<HistoryStore["redact"]>[0]["of"];

/** A condition: a column holds a text in one of the forms in which it is written. Letters count as they are, in both databases. */
export function holdsText(column: string, text: string): RawBuilder<boolean> {
  const tries = writtenForms(text).map(
    (form) => sql`replace(${sql.ref(column)}, ${form}, '') <> ${sql.ref(column)}`,
  );
  return sql<boolean>`(${sql.join(tries, sql` or `)})`;
}
