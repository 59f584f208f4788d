import { Database as SqliteFile } from "bun:sqlite";
import { expect, test } from "bun:test";
import { operationBench } from "#test/operation-bench.ts";

const MANY = 1_200;
const series = `with recursive series(id) as (select 1 union all select id + 1 from series where id < ${MANY}) `;

test("the board counts all that waits, and why says where it stopped counting", async () => {
  await using bench = await operationBench(["app"]);
  const { place } = bench.workspace;
  {
    using file = new SqliteFile(place);
    file.run(`${series}insert into item (id, uid, project_id, title, state, lane, kind, class, type, q, ready_at, deadline, created_by, created_at, updated_at, event_n)
      select id, 'u' || id, 1, 'T', 'open', 'autonomous_safe', 'code', 'core', 'task', 1, id, id, 'human:ada', 1, 1, 0 from series`);
    file.run("insert into queue (class, needs, project_id) values ('core', '', 1)");
    file.run(`${series}insert into candidate (uid, project_id, title, spec, state, source, fingerprint, proposed_by, proposed_at, touched_at, event_n)
      select 'c' || id, 1, 'C', '{}', 'pending', 'test', 'f' || id, 'human:ada', id, id, 0 from series`);
  }
  expect(await bench.call("status")).toMatchObject({
    needs_you: { gate: { count: MANY, oldest_at: "1970-01-01T00:00:00.001Z" } },
    ready: { count: MANY, next: { ref: "OB-1" } },
    stale: { count: MANY, oldest_at: "1970-01-01T00:00:00.000Z" },
  });
  const near = await bench.call("why", { ref: "OB-900" });
  expect(near).toMatchObject({ ahead: 899 });
  expect(near).not.toHaveProperty("more_ahead", true);
  expect(await bench.call("why", { ref: `OB-${MANY}` })).toMatchObject({ ahead: 1_000, more_ahead: true });
});
