import { Database } from "bun:sqlite";
import { ACTOR, type Baseline, type Claimed, DAY_MS, drawn, LEASE_MS, newLease } from "./baseline.ts";

const BRIEF = `select i.title, i.kind, i.lane, i.priority, s.spec,
  (select json_group_array(json_object('by', actor, 'text', body)) from note where item_id = i.id) as notes,
  (select body from plan where item_id = i.id order by version desc limit 1) as plan,
  (select json_group_array(json_object('at', started_at, 'outcome', outcome, 'reason', reason)) from run where item_id = i.id) as runs,
  (select json_group_array(json_object('question', question, 'answer', answer)) from question where item_id = i.id) as questions,
  (select json_group_array(json_object('kind', kind, 'value', value)) from evidence where item_id = i.id) as evidence,
  (select json_group_array(pattern) from item_path where item_id = i.id) as paths
  from item i left join item_spec s on s.item_id = i.id where i.id = ?1`;

interface Leased {
  readonly id: number;
  readonly project_id: number;
  readonly event_n: number;
  readonly lease_run_id: number;
  readonly lease_acquired_at: number;
}

type Event = readonly [item: number, n: number, at: number, operation: string, run: number, lease: string];

/** Prepared statements on `bun:sqlite`, each step in one immediate transaction. */
export function sqliteBaseline(place: string, synchronous: "full" | "normal" = "full"): Baseline {
  const file = new Database(place, { strict: true });
  file.run("pragma busy_timeout = 10000");
  file.run("pragma journal_mode = wal");
  file.run(`pragma synchronous = ${synchronous}`);
  file.run("pragma foreign_keys = on");
  const s = prepare(file);

  const tell = (event: Event, changes: string): void => {
    s.payload.run(s.event.get(...event)?.id ?? 0, changes);
  };
  const leased = (lease: string, now: number): Leased => {
    const item = s.leased.get(lease, now);
    if (item === null) throw new Error("The lease is lost");
    return item;
  };
  /** One step under a lease, which it renews. */
  const write = (lease: string, operation: string, work: (item: Leased, now: number) => string): void => {
    inOne(s, () => {
      const now = Date.now();
      const item = leased(lease, now);
      const changes = work(item, now);
      s.renew.run(item.id, now);
      tell([item.id, item.event_n + 1, now, operation, item.lease_run_id, lease], changes);
    });
  };

  return {
    claim: async ({ brief }) => inOne(s, () => claim(s, tell, brief)),
    note: async ({ lease, text }) =>
      write(
        lease,
        "note",
        (item, now) => `{"note":${s.note.get(item.id, now, "note", item.lease_run_id, text)?.id}}`,
      ),
    plan: async ({ lease, body }) =>
      write(
        lease,
        "plan.set",
        (item, now) => `{"plan":${s.plan.get(item.id, body, now, item.lease_run_id)?.version}}`,
      ),
    finish: async ({ lease, note, evidence = [] }) =>
      inOne(s, () => {
        const now = Date.now();
        const item = leased(lease, now);
        const run = item.lease_run_id;
        if (note !== undefined) s.note.get(item.id, now, "finish", run, note);
        for (const [kind, value] of evidence) s.evidence.run(item.id, run, kind, value, now);
        s.review.run(item.id, now);
        const worked = now - item.lease_acquired_at;
        const counts = worked >= 1_000;
        const day = Math.floor(now / DAY_MS);
        s.ended.run(run, now, counts ? worked : null, counts ? day : null);
        if (counts) s.spent.run(item.project_id, day, worked);
        tell(
          [item.id, item.event_n + 1, now, "finish", run, lease],
          `{"state":["open","review"],"phase":[null,"human"],"holder":["${ACTOR}",null],"lease_run_id":[${run},null],"outcome":"changed"}`,
        );
      }),
    close: async () => file.close(),
  };
}

type Statements = ReturnType<typeof prepare>;

function inOne<T>({ begin, commit, rollback }: Statements, work: () => T): T {
  begin.run();
  try {
    const done = work();
    commit.run();
    return done;
  } catch (error) {
    rollback.run();
    throw error;
  }
}

function claim(s: Statements, tell: (event: Event, changes: string) => void, brief: boolean): Claimed {
  const now = Date.now();
  for (const { project, bound } of drawn(s.queues.all(now))) {
    if (bound !== null && (s.live.get(project)?.live ?? 0) >= bound) continue;
    const item = s.pick.get(project);
    if (item === null || (item.has_paths === 1 && s.overlap.get(item.id) !== null)) continue;
    const lease = newLease();
    const run = s.run.get(crypto.randomUUID(), item.id, lease, now)?.id ?? 0;
    s.lease.run(item.id, lease, run, now, now + LEASE_MS);
    tell(
      [item.id, item.event_n + 1, now, "claim", run, lease],
      `{"holder":[null,"${ACTOR}"],"lease_run_id":[null,${run}],"fence":[${item.fence},${item.fence + 1}]}`,
    );
    return { item: item.id, lease, brief: brief ? JSON.stringify(s.brief.get(item.id)) : "" };
  }
  throw new Error("Nothing is ready");
}

function prepare(file: Database) {
  return {
    begin: file.prepare("begin immediate"),
    commit: file.prepare("commit"),
    rollback: file.prepare("rollback"),
    queues: file.prepare<{ project: number; weight: number; bound: number | null }, [number]>(
      `select p.id as project, p.weight, p.max_leases as bound from queue z join project p on p.id = z.project_id
        where z.class = 'core' and z.needs = '' and p.archived_at is null and (p.spent_until is null or p.spent_until <= ?1)
          and not exists (select 1 from pause where scope = 'workspace' or (scope = 'project' and name = p.alias))`,
    ),
    live: file.prepare<{ live: number }, [number]>(
      "select count(*) as live from item where project_id = ?1 and q = 3",
    ),
    pick: file.prepare<{ id: number; fence: number; event_n: number; has_paths: number }, [number]>(
      `select id, fence, event_n, has_paths from item where q = 1 and class = 'core' and needs = '' and project_id = ?1
        order by band, deadline, tried, id limit 1`,
    ),
    overlap: file.prepare<{ id: number }, [number]>(
      `select h.id from item h cross join item_path b on b.item_id = h.id cross join item_path a on a.item_id = ?1 and a.repo_id = b.repo_id
        where h.q = 3 and h.id <> ?1 and (substr(a.prefix, 1, length(b.prefix)) = b.prefix or substr(b.prefix, 1, length(a.prefix)) = a.prefix) limit 1`,
    ),
    run: file.prepare<{ id: number }, [string, number, string, number]>(
      `insert into run (uid, item_id, lease_id, holder, started_at) values (?1, ?2, ?3, '${ACTOR}', ?4) returning id`,
    ),
    lease: file.prepare<undefined, [number, string, number, number, number]>(
      `update item set q = 3, lease_id = ?2, holder = '${ACTOR}', lease_run_id = ?3, lease_acquired_at = ?4, lease_expires_at = ?5, wake_at = ?5,
        lease_ttl_ms = ${LEASE_MS}, not_before = null, fence = fence + 1, event_n = event_n + 1, updated_at = ?4 where id = ?1`,
    ),
    brief: file.prepare<Readonly<Record<string, string | null>>, [number]>(BRIEF),
    leased: file.prepare<Leased, [string, number]>(
      "select id, project_id, event_n, lease_run_id, lease_acquired_at from item where lease_id = ?1 and lease_expires_at > ?2 and state = 'open'",
    ),
    renew: file.prepare<undefined, [number, number]>(
      `update item set lease_expires_at = ?2 + ${LEASE_MS}, wake_at = ?2 + ${LEASE_MS}, event_n = event_n + 1, updated_at = ?2 where id = ?1`,
    ),
    note: file.prepare<{ id: number }, [number, number, string, number, string]>(
      `insert into note (item_id, actor, at, kind, run_id, holder, body) values (?1, '${ACTOR}', ?2, ?3, ?4, 1, ?5) returning id`,
    ),
    plan: file.prepare<{ version: number }, [number, string, number, number]>(
      `insert into plan (item_id, version, body, actor, at, run_id)
        values (?1, (select coalesce(max(version), 0) + 1 from plan where item_id = ?1), ?2, '${ACTOR}', ?3, ?4) returning version`,
    ),
    evidence: file.prepare<undefined, [number, number, string, string, number]>(
      `insert into evidence (item_id, run_id, kind, value, actor, at) values (?1, ?2, ?3, ?4, '${ACTOR}', ?5)`,
    ),
    review: file.prepare<undefined, [number, number]>(
      `update item set state = 'review', phase = 'human', q = null, wake_at = null, lease_id = null, holder = null, lease_run_id = null,
        lease_acquired_at = null, lease_expires_at = null, lease_ttl_ms = null, event_n = event_n + 1, updated_at = ?2 where id = ?1`,
    ),
    ended: file.prepare<undefined, [number, number, number | null, number | null]>(
      "update run set reported = 'changed', outcome = 'changed', ended_at = ?2, worked_ms = ?3, spent_day = ?4 where id = ?1",
    ),
    spent: file.prepare<undefined, [number, number, number]>(
      `insert into spending (project_id, day, tokens, usd, ms) values (?1, ?2, 0, 0, ?3)
        on conflict (project_id, day) do update set ms = ms + excluded.ms`,
    ),
    event: file.prepare<{ id: number }, [...Event]>(
      `insert into event (stream, stream_id, n, at, actor, auth, door, operation, run_id, lease_id)
        values ('item', ?1, ?2, ?3, '${ACTOR}', 'asserted', 'bench', ?4, ?5, ?6) returning id`,
    ),
    payload: file.prepare<undefined, [number, string]>(
      "insert into event_payload (event_id, changes) values (?1, ?2)",
    ),
  };
}
