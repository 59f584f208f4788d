import pg from "pg";
import { ACTOR, type Baseline, type Claimed, DAY_MS, LEASE_MS, newLease } from "./baseline.ts";

const NOW = "(extract(epoch from clock_timestamp()) * 1000)::bigint";

/** One function for each step, made in the workspace's own schema: one round trip and one commit for each. */
const FUNCTIONS = `
create or replace function bench_tell(item_ bigint, n_ bigint, at_ bigint, operation_ text, run_ bigint, lease_ text, changes_ text) returns void language plpgsql as $$
declare event_ bigint;
begin
  insert into event (stream, stream_id, n, at, actor, auth, door, operation, run_id, lease_id)
    values ('item', item_, n_, at_, '${ACTOR}', 'asserted', 'bench', operation_, run_, lease_) returning id into event_;
  insert into event_payload (event_id, changes) values (event_, changes_);
end $$;

create or replace function bench_claim(uid_ text, lease_ text) returns bigint language plpgsql as $$
declare now_ bigint := ${NOW}; queue_ record; item_ record; run_ bigint;
begin
  for queue_ in select p.id, p.max_leases from queue z join project p on p.id = z.project_id
    where z.class = 'core' and z.needs = '' and p.archived_at is null and (p.spent_until is null or p.spent_until <= now_)
      and not exists (select 1 from pause where scope = 'workspace' or (scope = 'project' and name = p.alias))
    order by -ln(1 - random()) / p.weight
  loop
    if queue_.max_leases is not null then
      perform 1 from project where id = queue_.id for no key update;
      continue when (select count(*) from item where project_id = queue_.id and q = 3) >= queue_.max_leases;
    end if;
    select id, fence, event_n, has_paths into item_ from item where q = 1 and class = 'core' and needs = '' and project_id = queue_.id
      order by band, deadline, tried, id limit 1 for update skip locked;
    continue when not found;
    if item_.has_paths = 1 then
      perform 1 from repo where id in (select repo_id from item_path where item_id = item_.id) order by id for no key update;
      continue when exists (select 1 from item h join item_path b on b.item_id = h.id join item_path a on a.item_id = item_.id and a.repo_id = b.repo_id
        where h.q = 3 and h.id <> item_.id and (starts_with(a.prefix, b.prefix) or starts_with(b.prefix, a.prefix)));
    end if;
    insert into run (uid, item_id, lease_id, holder, started_at) values (uid_, item_.id, lease_, '${ACTOR}', now_) returning id into run_;
    update item set q = 3, lease_id = lease_, holder = '${ACTOR}', lease_run_id = run_, lease_acquired_at = now_, lease_expires_at = now_ + ${LEASE_MS}, wake_at = now_ + ${LEASE_MS},
      lease_ttl_ms = ${LEASE_MS}, not_before = null, fence = fence + 1, event_n = event_n + 1, updated_at = now_ where id = item_.id;
    perform bench_tell(item_.id, item_.event_n + 1, now_, 'claim', run_, lease_,
      '{"holder":[null,"${ACTOR}"],"lease_run_id":[null,' || run_ || '],"fence":[' || item_.fence || ',' || item_.fence + 1 || ']}');
    return item_.id;
  end loop;
  raise exception 'Nothing is ready';
end $$;

create or replace function bench_brief(item_ bigint) returns text language sql stable as $$
  select json_build_object('title', i.title, 'kind', i.kind, 'lane', i.lane, 'priority', i.priority, 'spec', s.spec,
    'notes', (select json_agg(json_build_object('by', actor, 'text', body)) from note where item_id = i.id),
    'plan', (select body from plan where item_id = i.id order by version desc limit 1),
    'runs', (select json_agg(json_build_object('at', started_at, 'outcome', outcome, 'reason', reason)) from run where item_id = i.id),
    'questions', (select json_agg(json_build_object('question', question, 'answer', answer)) from question where item_id = i.id),
    'evidence', (select json_agg(json_build_object('kind', kind, 'value', value)) from evidence where item_id = i.id),
    'paths', (select json_agg(pattern) from item_path where item_id = i.id))::text
  from item i left join item_spec s on s.item_id = i.id where i.id = item_
$$;

create or replace function bench_note(lease_ text, text_ text) returns bigint language plpgsql as $$
declare now_ bigint := ${NOW}; item_ record; note_ bigint;
begin
  update item set lease_expires_at = now_ + ${LEASE_MS}, wake_at = now_ + ${LEASE_MS}, event_n = event_n + 1, updated_at = now_ where lease_id = lease_ and lease_expires_at > now_ and state = 'open' returning id, event_n, lease_run_id into strict item_;
  insert into note (item_id, actor, at, run_id, kind, holder, body) values (item_.id, '${ACTOR}', now_, item_.lease_run_id, 'note', 1, text_) returning id into note_;
  perform bench_tell(item_.id, item_.event_n, now_, 'note', item_.lease_run_id, lease_, '{"note":' || note_ || '}');
  return note_;
end $$;

create or replace function bench_plan(lease_ text, body_ text) returns bigint language plpgsql as $$
declare now_ bigint := ${NOW}; item_ record; version_ bigint;
begin
  update item set lease_expires_at = now_ + ${LEASE_MS}, wake_at = now_ + ${LEASE_MS}, event_n = event_n + 1, updated_at = now_ where lease_id = lease_ and lease_expires_at > now_ and state = 'open' returning id, event_n, lease_run_id into strict item_;
  insert into plan (item_id, version, body, actor, at, run_id)
    values (item_.id, (select coalesce(max(version), 0) + 1 from plan where item_id = item_.id), body_, '${ACTOR}', now_, item_.lease_run_id) returning version into version_;
  perform bench_tell(item_.id, item_.event_n, now_, 'plan.set', item_.lease_run_id, lease_, '{"plan":' || version_ || '}');
  return version_;
end $$;

create or replace function bench_finish(lease_ text, note_ text, kinds_ text[], values_ text[]) returns bigint language plpgsql as $$
declare now_ bigint := ${NOW}; item_ record; worked_ bigint;
begin
  select id, project_id, event_n, lease_run_id, lease_acquired_at into strict item_ from item
    where lease_id = lease_ and lease_expires_at > now_ and state = 'open' for update;
  if note_ is not null then
    insert into note (item_id, actor, at, run_id, kind, holder, body) values (item_.id, '${ACTOR}', now_, item_.lease_run_id, 'finish', 1, note_);
  end if;
  if kinds_ is not null then
    insert into evidence (item_id, run_id, kind, value, actor, at)
      select item_.id, item_.lease_run_id, k, v, '${ACTOR}', now_ from unnest(kinds_, values_) x(k, v);
  end if;
  update item set state = 'review', phase = 'human', q = null, wake_at = null, lease_id = null, holder = null, lease_run_id = null,
    lease_acquired_at = null, lease_expires_at = null, lease_ttl_ms = null, event_n = event_n + 1, updated_at = now_ where id = item_.id;
  worked_ := now_ - item_.lease_acquired_at;
  if worked_ < 1000 then worked_ := null; end if;
  update run set reported = 'changed', outcome = 'changed', ended_at = now_, worked_ms = worked_, spent_day = case when worked_ is null then null else now_ / ${DAY_MS} end
    where id = item_.lease_run_id;
  if worked_ is not null then
    insert into spending (project_id, day, tokens, usd, ms) values (item_.project_id, now_ / ${DAY_MS}, 0, 0, worked_)
      on conflict (project_id, day) do update set ms = spending.ms + excluded.ms;
  end if;
  perform bench_tell(item_.id, item_.event_n + 1, now_, 'finish', item_.lease_run_id, lease_,
    '{"state":["open","review"],"phase":[null,"human"],"holder":["${ACTOR}",null],"lease_run_id":[' || item_.lease_run_id || ',null],"outcome":"changed"}');
  return item_.id;
end $$;
`;

/** @param place address of the database with the workspace's schema in its query */
export async function postgresBaseline(place: string, connections = 1): Promise<Baseline> {
  const { address, schema } = parted(place);
  const pool = new pg.Pool({
    connectionString: address,
    max: connections,
    idleTimeoutMillis: 0,
    options: `-c search_path=${schema} -c plan_cache_mode=force_generic_plan`,
  });
  pool.on("error", () => {});
  const call = async <R extends pg.QueryResultRow>(text: string, values: readonly unknown[]) =>
    (await pool.query<R>({ name: text, text, values: [...values] })).rows[0];
  return {
    claim: async ({ brief }): Promise<Claimed> => {
      const lease = newLease();
      const found = await call<{ id: string }>("select bench_claim($1, $2) as id", [
        crypto.randomUUID(),
        lease,
      ]);
      const item = Number(found?.id);
      if (!brief) return { item, lease, brief: "" };
      const read = await call<{ brief: string }>("select bench_brief($1) as brief", [item]);
      return { item, lease, brief: read?.brief ?? "" };
    },
    note: async ({ lease, text }) => void (await call("select bench_note($1, $2)", [lease, text])),
    plan: async ({ lease, body }) => void (await call("select bench_plan($1, $2)", [lease, body])),
    finish: async ({ lease, note = null, evidence }) => {
      const [kinds, values] = [evidence?.map(([kind]) => kind), evidence?.map(([, value]) => value)];
      await call("select bench_finish($1, $2, $3, $4)", [lease, note, kinds ?? null, values ?? null]);
    },
    close: () => pool.end(),
  };
}

/** Makes the functions; once for a workspace. */
export async function preparePostgres(place: string): Promise<void> {
  const { address, schema } = parted(place);
  const client = new pg.Client({ connectionString: address });
  await client.connect();
  await client.query(`set search_path to "${schema}"`);
  await client.query(FUNCTIONS);
  await client.end();
}

function parted(place: string): { readonly address: string; readonly schema: string } {
  const [address = "", query = ""] = place.split("?", 2);
  const parameters = new URLSearchParams(query);
  const schema = parameters.get("schema") ?? "sluice";
  parameters.delete("schema");
  return { address: `${address}?${parameters.toString()}`, schema };
}
