import { Database } from "bun:sqlite";
import { queueHeadSql, readLeasedSql } from "#store/claim/hot-sql.ts";

const NOW =
  "max(cast(unixepoch('subsec') * 1000 as integer) + 0, coalesce((select at from event order by id desc limit 1), 0))";
const NAMES = {
  t: (table: string) => table,
  now: NOW,
  p: (n: number) => `+?${n}`,
  lines: (text: string) => `group_concat(${text}, char(10))`,
};

/** As long as what the store writes. */
const CHANGES: Readonly<Record<string, string>> = {
  claim: '{"holder":[null,"ai:bench"],"lease_run_id":[null,1234],"fence":[0,1]}',
  finish:
    '{"state":["open","review"],"phase":[null,"human"],"holder":["ai:bench",null],"lease_run_id":[1234,null],"outcome":"changed"}',
};

interface Picked {
  readonly id: number;
  readonly now: number;
}

/** What the store's claim and finish write, as a loop over prepared statements with no rule in it. */
export function bareSqlite(place: string, synchronous: "full" | "normal") {
  const file = new Database(place, { strict: true });
  file.run("pragma journal_mode = wal");
  file.run(`pragma synchronous = ${synchronous}`);
  file.run("pragma foreign_keys = on");
  file.run("pragma busy_timeout = 10000");
  const statements = prepare(file);
  return {
    /** Answers how long so many pairs took, milliseconds. */
    run: (pairs: number, tell?: (claimMs: number) => void): number => {
      const begun = performance.now();
      for (let done = 0; done < pairs; done += 1) {
        const lease = `L${Buffer.from(crypto.getRandomValues(new Uint8Array(16))).toString("base64url")}`;
        const claimed = performance.now();
        claim(statements, lease);
        tell?.(performance.now() - claimed);
        finish(statements, lease);
      }
      return performance.now() - begun;
    },
    close: () => file.close(),
  };
}

function prepare(file: Database) {
  return {
    begin: file.prepare("begin immediate"),
    commit: file.prepare("commit"),
    head: file.prepare<{ queues: string }, [string, string]>(queueHeadSql(NAMES)),
    pick: file.prepare<Picked, [string]>(
      `select i.id, i.has_paths, ${NOW} as now from item i where i.id = (select x from (
      select (select r.id from item r where r.q = 1 and r.class = 'core' and r.needs = s.value->>1 and r.project_id = s.value->>0
        order by r.band, r.deadline, r.tried, r.id limit 1) x from json_each(?1) s) where x is not null limit 1)`,
    ),
    run: file.prepare<{ id: number }, [string, number, string, number]>(
      "insert into run (uid, item_id, lease_id, holder, started_at) values (?1, ?2, ?3, 'ai:bench', ?4) returning id",
    ),
    lease: file.prepare<{ event_n: number }, [number, string, number, number]>(
      `update item set q = 3, lease_id = ?2, holder = 'ai:bench', lease_run_id = ?3, lease_acquired_at = ?4, lease_expires_at = ?4 + 900000, wake_at = ?4 + 900000,
      lease_ttl_ms = 900000, not_before = null, fence = fence + 1, event_n = event_n + 1, updated_at = ?4 where id = ?1 returning *`,
    ),
    event: file.prepare<{ id: number }, [number, number, number, string, number, string]>(
      "insert into event (stream, stream_id, n, at, actor, auth, door, operation, run_id, lease_id) values ('item', ?1, ?2, ?3, 'ai:bench', 'asserted', 'test', ?4, ?5, ?6) returning id",
    ),
    payload: file.prepare("insert into event_payload (event_id, changes) values (?1, ?2)"),
    leased: file.prepare<{ id: number; event_n: number; lease_run_id: number; now: number }, [string]>(
      readLeasedSql(NAMES),
    ),
    review: file.prepare<{ updated_at: number }, [number, number, string]>(
      `update item set updated_at = ${NOW}, event_n = event_n + 1, state = 'review', phase = 'human', lease_id = null, holder = null, lease_run_id = null,
      lease_acquired_at = null, lease_expires_at = null, lease_ttl_ms = null, q = null, wake_at = null where id = ?1 and event_n = ?2 and lease_id = +?3 and lease_expires_at > ${NOW} returning updated_at`,
    ),
    ended: file.prepare(
      "update run set reported = 'changed', ended_at = ?2, outcome = 'changed' where id = ?1",
    ),
  };
}

type Statements = ReturnType<typeof prepare>;

/** Projects in random order, as the draw leaves them: always taking from the first one would touch the same few pages. */
function shuffled(queues: readonly string[]): readonly string[] {
  const order = [...queues];
  for (let last = order.length - 1; last > 0; last -= 1) {
    const other = Math.floor(Math.random() * (last + 1));
    [order[last], order[other]] = [order[other] ?? "", order[last] ?? ""];
  }
  return order;
}

function claim(statements: Statements, lease: string): void {
  statements.begin.run();
  const queues = statements.head.get("core", "")?.queues.split("\n") ?? [];
  const pairs = JSON.stringify(shuffled(queues).map((queue) => [Number.parseInt(queue), ""]));
  const pick = statements.pick.get(pairs);
  if (pick === null) throw new Error("The fixture ran out of ready items");
  const run = statements.run.get(crypto.randomUUID(), pick.id, lease, pick.now)?.id ?? 0;
  const row = statements.lease.get(pick.id, lease, run, pick.now);
  tell(statements, [pick.id, row?.event_n ?? 0, pick.now, "claim", run, lease]);
  statements.commit.run();
}

function finish(statements: Statements, lease: string): void {
  statements.begin.run();
  const row = statements.leased.get(lease);
  if (row === null) throw new Error("The lease is gone");
  const saved = statements.review.get(row.id, row.event_n, lease);
  statements.ended.run(row.lease_run_id, row.now);
  tell(statements, [row.id, row.event_n + 1, saved?.updated_at ?? 0, "finish", row.lease_run_id, lease]);
  statements.commit.run();
}

function tell(
  { event, payload }: Statements,
  values: [number, number, number, string, number, string],
): void {
  payload.run(event.get(...values)?.id ?? 0, CHANGES[values[3]] ?? "");
}
