import { Database } from "bun:sqlite";
import { expect, setDefaultTimeout, test } from "bun:test";
import { join } from "node:path";
import { auditChurn } from "#test/audit-churn.ts";
import { openFaults } from "#test/fault-bench.ts";
import { STORE_KINDS, type StoreKind } from "#test/stores.ts";

setDefaultTimeout(240_000);
const bench = openFaults();
const ROUNDS = 15;
const PROGRAM = join(import.meta.dir, "../../../src/main.ts");

const cases: readonly (readonly [StoreKind, "normal" | "full"])[] = [
  ["sqlite", "normal"],
  ["sqlite", "full"],
  ["postgres", "full"],
];
test.each(cases)(
  `FM17 three writers killed ${ROUNDS} times at any moment lose nothing that was acknowledged, on %s, synchronous %s`,
  async (kind, synchronous) => {
    const b = await bench(kind);
    for (let round = 0; round < ROUNDS; round += 1)
      await auditChurn(b, { writers: 3, synchronous, lines: 5 + Math.floor(Math.random() * 60) });
    if (kind === "postgres") return;
    const file = new Database(b.workspace.place);
    expect(file.query("pragma integrity_check").values()).toEqual([["ok"]]);
    file.run("insert into item_search(item_search) values ('integrity-check')");
    file.close();
  },
);

test.each(STORE_KINDS)(
  "FM28 writers on %s that are stopped and woken between their writes lose nothing",
  async (kind) => {
    const b = await bench(kind);
    const peers = await b.peers(3);
    for (const peer of peers) peer.send({ do: "churn", projectId: b.projectId, jobs: 30 });
    for (let round = 0; round < 10; round += 1)
      for (const peer of peers) {
        peer.signal("SIGSTOP");
        await Bun.sleep(20);
        peer.signal("SIGCONT");
      }
    for (const peer of peers)
      for (let line = ""; !line.includes("done");) line = JSON.stringify(await peer.read());
    expect(await b.findings()).toEqual([]);
  },
);

test("FM19 a command that meets a held write lock ends with 7, says what to do, and has written nothing", async () => {
  const b = await bench("sqlite");
  const holder = new Database(b.workspace.place);
  const count = () => holder.query("select count(*) from item").values();
  const before = count();
  holder.run("begin immediate");
  const run = Bun.spawn(
    [
      process.execPath,
      PROGRAM,
      "item",
      "add",
      "-t",
      "Slate",
      "--project",
      "app",
      "--workspace",
      b.workspace.place,
      "--json",
    ],
    {
      stdin: "ignore",
      stdout: "pipe",
      stderr: "pipe",
    },
  );
  const said = await new Response(run.stderr).text();
  expect([await run.exited, said.includes('"unavailable"'), said.includes(" at ")]).toEqual([7, true, false]);
  holder.run("rollback");
  expect(count()).toEqual(before);
  holder.close();
});
