import type { Selectable } from "kysely";
import type { Database, SqlNames, Tx } from "#store/dialect.ts";
import { readItem } from "#store/item/item-row.ts";
import {
  ADD_SPENDING,
  beforeNote,
  type Columns,
  eventRow,
  type ItemWrite,
  spendingRow,
  Values,
} from "#store/item/item-write.ts";
import {
  CLAIM_ORDER,
  type Claimed,
  isReady,
  leasesOf,
  type ItemStatements,
  type ReadyPick,
  type WrittenItem,
} from "#store/queue/ready.ts";
import type { ItemTable } from "#store/schema.ts";
import type { ClaimFunction } from "./claim-function.ts";

type Row = Selectable<ItemTable>;

/** Each verb is one statement here, which commits by itself: no transaction stays open between round trips. */
export const postgresItems = (
  send: Send,
  names: () => SqlNames,
  clockOffsetMs: () => number,
  claimFunction: ClaimFunction,
): ItemStatements => ({
  insert: async (tx, table, columns) => {
    const places = Object.keys(columns).map((_, at) => mark(at + 1));
    const text = `insert into ${names().t(table)} (${Object.keys(columns).join(", ")}) values (${places.join(", ")}) returning id`;
    const [row] = await send<{ id: number }>(tx, text, Object.values(columns));
    return row?.id ?? 0;
  },
  write: (db, write) => writeItem(send, db, names(), write),
  firstReady: async (db, pick) => {
    const [row] = await send<Row>(db, firstReadySql(names(), pick), pickValues(pick));
    return row;
  },
  claimReady: (db, claim) =>
    claimReady(send, db, claimFunction.call, claimFunction.values(claim, clockOffsetMs())),
});

const mark = (n: number): string => `$${n}`;

/** Runs one statement, in the transaction or by itself. */
export type Send = <R extends object>(
  db: Database | Tx,
  text: string,
  values: readonly unknown[],
) => Promise<readonly R[]>;

/** The item's row decides whether anything is written: all else is selected from it. */
async function writeItem(
  send: Send,
  db: Database | Tx,
  { t, now }: SqlNames,
  write: ItemWrite,
): Promise<WrittenItem | undefined> {
  const values = new Values(mark);
  const { itemId, eventN, leaseId, leaseEndsAt, event, queue, spending } = write;
  const lease =
    leaseId === undefined ? "" : `and lease_id = ${values.add(leaseId)} and lease_expires_at > ${now}`;
  const ends =
    leaseEndsAt === undefined
      ? ""
      : `and lease_expires_at is not distinct from ${values.add(leaseEndsAt)}::bigint`;
  const columns = event === undefined ? write.columns : { ...write.columns, event_n: eventN + 1 };
  const parts = [
    `up as (update ${t("item")} set ${values.assign(columns)}
      where id = ${values.add(itemId)} and event_n = ${values.add(eventN)} ${lease} ${ends} returning id)`,
  ];
  if (write.run !== undefined)
    parts.push(
      `r as (update ${t("run")} set ${values.assign(write.run)} from up where item_id = up.id and ended_at is null)`,
    );
  // Parts of a statement run in no order, and notes are read in the order of their numbers: each row waits for the one before.
  for (const [at, row] of write.rows.entries())
    parts.push(
      `x${at} as (${insertFrom(at === 0 ? "up" : `x${at - 1}`, t(row.table), row.columns, values)} returning item_id)`,
    );
  if (write.note !== undefined)
    parts.push(`n as (${insertFrom("up", t("note"), write.note, values)} returning id)`);
  const told = event !== undefined && write.note !== undefined ? beforeNote(event) : undefined;
  if (event !== undefined)
    parts.push(
      `e as (${insertFrom("up", t("event"), eventRow(itemId, eventN + 1, event), values)} returning id)`,
      `y as (insert into ${t("event_payload")} (event_id, changes) ${
        told === undefined
          ? `select id, ${values.add(event.changes)} from e`
          : `select e.id, ${values.add(told)}::text || n.id || '}' from e, n`
      })`,
    );
  if (spending !== undefined)
    parts.push(`s as (${insertFrom("up", t("spending"), spendingRow(spending), values)} ${ADD_SPENDING})`);
  if (queue !== undefined) {
    const entry = { class: queue.class, needs: queue.needs, project_id: queue.projectId };
    parts.push(`z as (${insertFrom("up", t("queue"), entry, values)} on conflict do nothing)`);
  }
  const answer = write.note === undefined ? `select 0 as note from up` : `select n.id as note from up, n`;
  const [row] = await send<{ note: number }>(db, `with ${parts.join(",\n")} ${answer}`, values.list);
  return row === undefined ? undefined : { noteId: row.note };
}

/** In a `select` a value has no column to take its type from. */
const typed = (value: Columns[string], values: Values): string =>
  value === null ? "null" : `${values.add(value)}::${typeof value === "number" ? "bigint" : "text"}`;

/** Inserts a row for each row of a part of the statement. */
function insertFrom(part: string, table: string, columns: Columns, values: Values): string {
  const selected = Object.values(columns).map((value) => typed(value, values));
  return `insert into ${table} (${Object.keys(columns).join(", ")}) select ${selected.join(", ")} from ${part}`;
}

function firstReadySql(names: SqlNames, { kinds }: ReadyPick): string {
  const queue = {
    class: "$4",
    needs: "substr(w.marked, 2)",
    project: "p.id",
    kinds: kinds === undefined ? undefined : "$5",
  };
  const ofQueue = `select * from ${names.t("item")} r where ${isReady(names, "r", queue)} order by ${CLAIM_ORDER} limit 1`;
  return `select i.*, p.bound from unnest($1::bigint[], $2::text[], $3::bigint[]) with ordinality p(id, needs, bound, place)
    cross join lateral (select f.* from unnest(string_to_array(p.needs, chr(10))) w(marked) cross join lateral (${ofQueue}) f
      order by ${CLAIM_ORDER} limit 1) i
    where p.bound is null or p.bound > ${leasesOf(names, "p.id")} limit 1`;
}

const pickValues = ({ queues, class: kindClass, kinds }: ReadyPick): readonly unknown[] => [
  queues.map(({ projectId }) => projectId),
  // Each behind a mark: an empty text alone would be a list without an entry.
  queues.map(({ needs }) => needs.map((set) => `=${set}`).join("\n")),
  queues.map(({ bound }) => bound),
  kindClass,
  ...(kinds === undefined ? [] : [[...kinds]]),
];

/** What the function of a claim answers. */
type Answer = Exclude<Claimed, { leased: unknown }> | { readonly leased: Row };

async function claimReady(
  send: Send,
  db: Database | Tx,
  text: string,
  values: readonly unknown[],
): Promise<Claimed> {
  const [row] = await send<{ answer: string }>(db, text, values);
  const answer = JSON.parse(row?.answer ?? "") as Answer;
  return "leased" in answer ? { leased: readItem(answer.leased) } : answer;
}
