import { LEASE_COLUMNS } from "#domain/claim/lease-change.ts";
import { leasedUntil } from "#domain/schedule/queue-place.ts";
import { mayOverlap } from "#store/claim/held-paths.ts";
import { ITEM_COLUMNS } from "#store/item/item-row.ts";
import { type Columns, eventRow } from "#store/item/item-write.ts";
import { firstDue, firstHeld, fitsRunner, openQueuesSql } from "#store/queue/open-queues.ts";
import { CLAIM_ORDER, drawKeySql, isReady, leasesOf, newRun, type ReadyClaim } from "#store/queue/ready.ts";
import { lockKey, postgresNames } from "./postgres-names.ts";

type Argument = readonly [type: string, of: (claim: ReadyClaim, clockOffsetMs: number) => unknown];

/** What the function takes, in this order. */
const ARGUMENTS: Readonly<Record<string, Argument>> = {
  class_: ["text", ({ filter }) => filter.class ?? "core"],
  kinds_: ["text[]", ({ filter }) => filter.kinds],
  projects_: ["bigint[]", ({ filter }) => filter.projectIds],
  able_: ["text[]", ({ filter }) => filter.capabilities ?? []],
  woken_: ["boolean", ({ woken }) => woken],
  seed_: ["bigint", ({ random }) => Math.floor(random() * Number.MAX_SAFE_INTEGER)],
  offset_: ["bigint", (_claim, clockOffsetMs) => clockOffsetMs],
  lease_: ["text", ({ leaseId }) => leaseId],
  length_: ["bigint", ({ ttlMs }) => ttlMs],
  uid_: ["text", ({ uid }) => uid(0)],
  holder_: ["text", ({ holder }) => holder],
  runner_: ["text", ({ runner }) => runner.runner],
  host_: ["text", ({ runner }) => runner.host],
  worker_: ["text", ({ runner }) => runner.worker],
  worker_id_: ["text", ({ runner }) => runner.workerId],
  auth_: ["text", ({ event }) => event.auth],
  interface_: ["text", ({ event }) => event.interface],
  operation_: ["text", ({ event }) => event.operation],
  key_: ["text", ({ event }) => event.idempotencyKey],
};

type LeaseField = keyof typeof LEASE_COLUMNS;
const isLeaseField = (name: string): name is LeaseField => name in LEASE_COLUMNS;
const LEASE_FIELDS = Object.keys(LEASE_COLUMNS).filter(isLeaseField);

/** What a lease writes, in the words of the function. */
const SOURCES = {
  lease: "lease_",
  holder: "holder_",
  run: "run_",
  now: "now_",
  length: "length_",
  end: "now_ + length_",
  "one more": "i.fence + 1",
  nothing: "null",
} as const satisfies Record<(typeof LEASE_COLUMNS)[LeaseField], string>;

const place = leasedUntil(SOURCES.end);
const ITEM_SET = [
  `q = ${place.q}, wake_at = ${place.wakeAt}, updated_at = now_, event_n = i.event_n + 1`,
  ...LEASE_FIELDS.map((field) => `${ITEM_COLUMNS[field].name} = ${SOURCES[LEASE_COLUMNS[field]]}`),
].join(", ");

/** What its entry tells: each column that differs and says something to a person. */
const TOLD = LEASE_FIELDS.map((field) => ITEM_COLUMNS[field])
  .filter(({ history }) => history !== "silent")
  .map(
    ({ name }) =>
      `'${name}', case when before_.${name} is distinct from after_.${name} then json_build_array(before_.${name}, after_.${name}) end`,
  )
  .join(", ");

const RUN = newRun({
  // A uid begins with its time: the database's, which the caller does not know.
  uid: "substr(time_, 1, 8) || '-' || substr(time_, 9) || substr(uid_, 14)",
  itemId: "before_.id",
  leaseId: "lease_",
  holder: "holder_",
  runner: { runner: "runner_", host: "host_", worker: "worker_", workerId: "worker_id_" },
  startedAt: "now_",
});
const EVENT = {
  ...eventRow("after_.id", "after_.event_n", {
    at: "now_",
    actor: "holder_",
    auth: "auth_",
    interface: "interface_",
    operation: "operation_",
    runId: "run_",
    leaseId: "lease_",
    idempotencyKey: "key_",
  }),
  stream: "'item'",
};

/** The values are expressions. */
const row = (columns: Columns): string =>
  `(${Object.keys(columns).join(", ")}) values (${Object.values(columns).join(", ")})`;

const CLOCK = "(extract(epoch from clock_timestamp()) * 1000)::bigint + offset_";
/** A number in [0, 1) for each project, drawn anew with each seed. */
const DRAWN = "((hashint8extended(p.id, seed_) >> 11) & 9007199254740991)::float8 / 9007199254740992";

/**
 * Looks at the queue, draws a project, picks and leases, in one call, by the rules that SQLite's statements are made of too. It locks at
 * most one project with a bound, because two calls that lock several in the order of their draws would wait for each other: at a second
 * one it answers `again`.
 */
function body(schema: string): string {
  const names = postgresNames(schema, "now_");
  const { t } = names;
  const open = openQueuesSql(names, {
    class: "class_",
    runner: "runner_",
    projects: "projects_",
    able: "able_",
  });
  const sets = `${t("queue")} z where z.class = class_ and z.project_id = queue_.id and ${fitsRunner(names, "z.needs", "able_")}`;
  const ready = isReady(names, "f", {
    class: "class_",
    needs: "z.needs",
    project: "queue_.id",
    kinds: "kinds_",
  });
  const full = `queue_.bound <= ${leasesOf(names, "queue_.id")}`;
  return `declare now_ bigint := ${CLOCK}; time_ text; last_ bigint; locked_ boolean := false; queue_ record; before_ ${t("item")}; after_ ${t("item")}; run_ bigint; event_ bigint;
begin
  if not woken_ and ${firstDue(names)} <= now_ then return '{"none":{"isDue":true,"hasHeld":false}}'; end if;
  for queue_ in select p.id, p.max_leases as bound ${open} order by ${drawKeySql(DRAWN, "p.weight")}, p.id
  loop
    continue when queue_.id is not distinct from last_;
    last_ := queue_.id;
    if queue_.bound is not null then
      continue when ${full} or not exists (select from ${sets} and exists (select from ${t("item")} f where ${ready}));
      if locked_ then return '{"again":true}'; end if;
      perform ${lockKey(`'${schema}:project:' || queue_.id`)};
      locked_ := true;
      continue when ${full};
    end if;
    select i.* into before_ from (select z.needs from ${sets}) z
      cross join lateral (select f.* from ${t("item")} f where ${ready} order by ${CLAIM_ORDER} limit 1 for update skip locked) i order by ${CLAIM_ORDER} limit 1;
    continue when not found;
    if before_.has_paths = 1 then
      perform ${lockKey(`'${schema}:paths:' || r.repo_id`)} from (select distinct repo_id from ${t("item_path")} where item_id = before_.id order by repo_id) r;
      if ${mayOverlap(names, "before_.id")} then
        return json_build_object('namesPaths', json_build_object('projectId', queue_.id, 'bound', queue_.bound, 'needs', (select json_agg(z.needs) from ${sets})))::text;
      end if;
    end if;
    now_ := ${CLOCK};
    time_ := lpad(to_hex(now_), 12, '0');
    insert into ${t("run")} ${row(RUN)} returning id into run_;
    update ${t("item")} i set ${ITEM_SET} where i.id = before_.id returning * into after_;
    insert into ${t("event")} ${row(EVENT)} returning id into event_;
    insert into ${t("event_payload")} (event_id, changes) values (event_, json_strip_nulls(json_build_object(${TOLD}))::text);
    return '{"leased":' || row_to_json(after_)::text || '}';
  end loop;
  return case when ${firstHeld(names)} is null then '{"none":{"isDue":false,"hasHeld":false}}' else '{"none":{"isDue":false,"hasHeld":true}}' end;
end`;
}

/** The statement of a claim on PostgreSQL, and what makes the function that it calls. */
export interface ClaimFunction {
  readonly name: string;
  readonly create: string;
  /** Answers `answer`, a `Claimed` as JSON whose item is a row. */
  readonly call: string;
  readonly values: (claim: ReadyClaim, clockOffsetMs: number) => readonly unknown[];
}

/**
 * The function that leases the next ready item of a workspace on PostgreSQL. Its name says what is in it: whoever opens the workspace
 * makes it where it is missing, so that programs of two versions each call their own.
 */
export function claimFunction(schema: string): ClaimFunction {
  const text = body(schema);
  const name = `"${schema}".claim_ready_${Bun.hash(text).toString(36)}`;
  const taken = Object.entries(ARGUMENTS).map(([argument, [type]]) => `${argument} ${type}`);
  return {
    name,
    create: `create or replace function ${name}(${taken.join(", ")}) returns text language plpgsql as $$ ${text} $$`,
    call: `select ${name}(${taken.map((_, at) => `$${at + 1}`).join(", ")}) as answer`,
    values: (claim, clockOffsetMs) =>
      Object.values(ARGUMENTS).map(([, of]) => of(claim, clockOffsetMs) ?? null),
  };
}
