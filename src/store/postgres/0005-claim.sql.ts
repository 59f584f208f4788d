import { LEASE_COLUMNS } from "#domain/claim/lease-change.ts";
import { QUEUE } from "#domain/schedule/queue-place.ts";
import { mayOverlap } from "#store/claim/held-paths.ts";
import { ITEM_COLUMNS } from "#store/item/item-row.ts";
import { CLAIM_ORDER } from "#store/queue/ready.ts";
import { ITEM_MOVED_ROWS, TALLY_KEY } from "#store/tally-rows.sql.ts";

/** Makes functions that find their tables by the schema they were made in: a caller's search path may name any. */
export const inSchema = (text: string): string =>
  `do $do$ begin execute replace(replace($f$ ${text} $f$, 'HERE', quote_ident(current_schema())), 'SCHEMA', current_schema()); end $do$;`;

const moved = ITEM_MOVED_ROWS.map(
  ({ key, n, condition }) =>
    `if ${condition} then insert into HERE.tally_change (${TALLY_KEY}, n) values (${key.join(", ")}, ${n}); end if;`,
);

type LeaseField = keyof typeof LEASE_COLUMNS;
const isLeaseField = (name: string): name is LeaseField => name in LEASE_COLUMNS;
const LEASE_FIELDS = Object.keys(LEASE_COLUMNS).filter(isLeaseField);

/** What a lease writes, in the words of the function below. */
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
const set = LEASE_FIELDS.map(
  (field) => `${ITEM_COLUMNS[field].name} = ${SOURCES[LEASE_COLUMNS[field]]}`,
).join(", ");

/** What its entry tells: each column that differs and says something to a person. */
const told = LEASE_FIELDS.map((field) => ITEM_COLUMNS[field])
  .filter(({ history }) => history !== "silent")
  .map(
    ({ name }) =>
      `'${name}', case when before_.${name} is distinct from after_.${name} then json_build_array(before_.${name}, after_.${name}) end`,
  )
  .join(", ");

const CLOCK = "(extract(epoch from clock_timestamp()) * 1000)::bigint + offset_";
/** A number in [0, 1) for each project, drawn anew with each seed. */
const DRAWN = "((hashint8extended(p.id, seed_) >> 11) & 9007199254740991)::float8 / 9007199254740992";
const fits = "(z.needs = '' or string_to_array(z.needs, ',') <@ able_)";

/**
 * Looks at the queue, draws a project as `drawProjects` does, picks and leases, in one call. It locks at most one project with a bound,
 * because two calls that lock several in the order of their draws would wait for each other: at a second one it answers `again`.
 */
const CLAIM_READY = `create function claim_ready(class_ text, kinds_ text[], projects_ bigint[], able_ text[], woken_ boolean, seed_ bigint, offset_ bigint,
  lease_ text, length_ bigint, uid_ text, holder_ text, runner_ text, host_ text, worker_ text, worker_id_ text, auth_ text, door_ text, key_ text)
returns text language plpgsql as $$
declare now_ bigint := ${CLOCK}; time_ text; last_ bigint; locked_ boolean := false; queue_ record; before_ HERE.item; after_ HERE.item; run_ bigint; event_ bigint;
begin
  if not woken_ and (select min(wake_at) from HERE.item where wake_at is not null) <= now_ then return '{"none":{"isDue":true,"hasHeld":false}}'; end if;
  for queue_ in select p.id, p.max_leases as bound from HERE.queue z join HERE.project p on p.id = z.project_id
    where z.class = class_ and ${fits} and (projects_ is null or p.id = any(projects_))
      and p.archived_at is null and (p.spent_until is null or p.spent_until <= now_)
      and p.alias not in (select name from HERE.pause where scope = 'project')
      and not exists (select from HERE.pause where scope = 'workspace' or (scope = 'runner' and name = runner_))
    order by -ln(1 - ${DRAWN}) / p.weight, p.id
  loop
    continue when queue_.id is not distinct from last_;
    last_ := queue_.id;
    if queue_.bound is not null then
      continue when queue_.bound <= (select count(*) from HERE.item where project_id = queue_.id and q = ${QUEUE.leased})
        or not exists (select from HERE.queue z join HERE.item i on i.q = ${QUEUE.ready} and i.class = z.class and i.needs = z.needs and i.project_id = z.project_id
          where z.class = class_ and z.project_id = queue_.id and ${fits} and (kinds_ is null or i.kind = any(kinds_)));
      if locked_ then return '{"again":true}'; end if;
      perform pg_advisory_xact_lock(hashtextextended('SCHEMA:project:' || queue_.id, 0));
      locked_ := true;
      continue when queue_.bound <= (select count(*) from HERE.item where project_id = queue_.id and q = ${QUEUE.leased});
    end if;
    select i.* into before_ from HERE.queue z cross join lateral (select f.* from HERE.item f
        where f.q = ${QUEUE.ready} and f.class = class_ and f.needs = z.needs and f.project_id = z.project_id and (kinds_ is null or f.kind = any(kinds_))
        order by ${CLAIM_ORDER} limit 1 for update skip locked) i
      where z.class = class_ and z.project_id = queue_.id and ${fits} order by ${CLAIM_ORDER} limit 1;
    continue when not found;
    if before_.has_paths = 1 then
      perform pg_advisory_xact_lock(hashtextextended('SCHEMA:paths:' || r.repo_id, 0)) from (select distinct repo_id from HERE.item_path where item_id = before_.id order by repo_id) r;
    end if;
    if before_.has_paths = 1 and ${mayOverlap({ t: (table) => `HERE.${table}`, now: "now_" }, "before_.id")} then
      return json_build_object('namesPaths', json_build_object('projectId', queue_.id, 'bound', queue_.bound, 'needs',
        (select json_agg(z.needs) from HERE.queue z where z.class = class_ and z.project_id = queue_.id and ${fits})))::text;
    end if;
    now_ := ${CLOCK};
    time_ := lpad(to_hex(now_), 12, '0');
    insert into HERE.run (uid, item_id, lease_id, holder, runner, host, worker, worker_id, started_at)
      values (substr(time_, 1, 8) || '-' || substr(time_, 9) || substr(uid_, 14), before_.id, lease_, holder_, runner_, host_, worker_, worker_id_, now_) returning id into run_;
    update HERE.item i set q = ${QUEUE.leased}, wake_at = now_ + length_, updated_at = now_, event_n = i.event_n + 1, ${set}
      where i.id = before_.id returning * into after_;
    insert into HERE.event (stream, stream_id, n, at, actor, auth, door, operation, run_id, lease_id, idempotency_key)
      values ('item', after_.id, after_.event_n, now_, holder_, auth_, door_, 'claim', run_, lease_, key_) returning id into event_;
    insert into HERE.event_payload (event_id, changes) values (event_, json_strip_nulls(json_build_object(${told}))::text);
    return '{"leased":' || row_to_json(after_)::text || '}';
  end loop;
  return case when exists (select from HERE.item where q = ${QUEUE.held}) then '{"none":{"isDue":false,"hasHeld":true}}' else '{"none":{"isDue":false,"hasHeld":false}}' end;
end $$`;

/**
 * Migration 5 on PostgreSQL: a claim in one call, and the trigger that counts without the parts that the server reads anew for each
 * statement, which were a third of what an update of an item cost. A change of what a lease writes needs a migration that makes the
 * function anew.
 */
export const CLAIM = `
drop trigger item_moved on item;
${inSchema(`create or replace function tally_item_moved() returns trigger language plpgsql as $$ begin ${moved.join("\n  ")} return null; end $$`)}
create trigger item_moved after update on item for each row execute function tally_item_moved();
${inSchema(CLAIM_READY)}
`;
