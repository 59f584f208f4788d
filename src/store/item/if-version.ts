import { z } from "zod";
import { SluiceError } from "#domain/errors.ts";
import type { Unit } from "#store/core.ts";
import type { Stream } from "#store/history/events.ts";
import { withPayloads } from "#store/history/payloads.ts";

interface Edit {
  readonly stream: Stream;
  readonly id: number;
  /** How a person names it: `OB-12`, `project app`. */
  readonly name: string;
  readonly version: number;
  readonly ifVersion: number | undefined;
  /** Fields the edit names, with their values before it. */
  readonly fields: Readonly<Record<string, unknown>>;
}

/** Entries looked at, newest first. An edit on a version further back than this is refused whatever it names. */
const LOOKED_AT = 1_000;

/** An edit's entry: its field names, those of a spec one level deeper, and the versions before and after. */
const Entry = z.lazy(() =>
  z.looseObject({
    version: z.tuple([z.number(), z.number()]).optional(),
    spec: z.record(z.string(), z.unknown()).optional(),
  }),
);

/** Refuses an edit made on an older version where a field it names has changed since, with its current value. Other fields may have. */
export async function refuseStale(unit: Unit, edit: Edit): Promise<void> {
  const { version, ifVersion, fields, name } = edit;
  if (ifVersion === undefined || ifVersion === version) return;
  const since = ifVersion > version ? undefined : await changedSince(unit, edit, ifVersion);
  const both = Object.entries(fields).filter(([field]) => since === undefined || since.has(field));
  if (both.length === 0) return;
  const words = since === undefined ? "" : `: ${both.map(([field]) => field).join(", ")} changed since`;
  throw new SluiceError("conflict", `${name} is at version ${version}, not ${ifVersion}${words}`, {
    hint: "Read it again and repeat the edit",
    details: { version, current: Object.fromEntries(both) },
  });
}

async function changedSince(
  unit: Unit,
  { stream, id }: Edit,
  version: number,
): Promise<ReadonlySet<string> | undefined> {
  const rows = await unit.tx
    .selectFrom("event")
    .select("event.id")
    .where("event.stream", "=", stream)
    .where("event.stream_id", "=", id)
    .orderBy("event.n", "desc")
    .limit(LOOKED_AT)
    .execute();
  const changed = new Set<string>();
  for (const row of await withPayloads(unit.tx, rows)) {
    const entry = Entry.parse(JSON.parse(row.changes));
    const [before, after] = entry.version ?? [Infinity, Infinity];
    if (after <= version) return changed;
    for (const field of [...Object.keys(entry), ...Object.keys(entry.spec ?? {})]) changed.add(field);
    if (before <= version) return changed;
  }
  return rows.length < LOOKED_AT ? changed : undefined;
}

/** The columns that a change names, as a row has them before it. */
export function sameColumns(row: object, columns: object): Record<string, unknown> {
  const old = new Map<string, unknown>(Object.entries(row));
  return Object.fromEntries(Object.keys(columns).map((column) => [column, old.get(column)]));
}
