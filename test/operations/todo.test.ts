import { readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "bun:test";
import { listWith } from "#test/matching.ts";
import { operationBench } from "#test/operation-bench.ts";
import type { Store } from "#operations/ports/store.ts";
import { refusal } from "#test/refusal.ts";
import { Spec } from "#domain/item/spec.ts";
import { agent } from "#test/stores.ts";

const EMPTY = Spec.parse({});

const TODO = `# To do

## Fix the login

**Status:** open (captured 2026-05-01)

**Trigger:** a customer complains

**Steps:**

1. Read the code
2. Write a test (optional)

**Risks:** sessions break

## Ship the docs

**Status:** done

**Steps:**

1. Write them
`;

test("OP41 an import proposes what is open, once, with its place", async () => {
  await using bench = await operationBench();
  const repo = bench.sandbox.repo("app");
  await bench.call("repo.add", { paths: [repo.dir] });
  const file = join(repo.dir, "TODO.md");
  writeFileSync(file, TODO);
  expect(await bench.call("todo.import", { files: [file] }, { as: agent() })).toMatchObject({
    imported: [{ file, line: 3, candidate: "C-1", state: "pending" }],
    skipped: [{ line: 16, reason: "done" }],
    problems: [],
  });
  expect(await bench.call("gate.list")).toMatchObject({
    candidates: [
      {
        title: "Fix the login",
        source: "todo-md",
        captured_on: "2026-05-01",
        external_ref: { system: "todo-md", key: "app:TODO.md#fix-the-login" },
        spec: {
          trigger: { text: "a customer complains" },
          steps: [{ optional: false }, { optional: true }],
          risks: ["sessions break"],
        },
      },
    ],
  });
  const again = { imported: [], skipped: [{ reason: "known", candidate: "C-1" }, { reason: "done" }] };
  expect(await bench.call("todo.import", { files: [file] })).toMatchObject(again);
  await bench.call("gate.approve", { candidates: ["C-1"] });
  await bench.call("item.close", { ref: "OB-1", reason: "done" });
  expect(await bench.call("todo.import", { files: [file] })).toMatchObject({ imported: [] });
});

test("OP41 one file that cannot be read stops all", async () => {
  await using bench = await operationBench();
  writeFileSync(bench.sandbox.path("good.md"), TODO);
  writeFileSync(
    bench.sandbox.path("bad.md"),
    "# To do\n\n<<<<<<< HEAD\n- [ ] one\n=======\n- [ ] two\n>>>>>>> x\n",
  );
  const { code, message, details } = await refusal(
    bench.call("todo.import", { files: ["good.md", "bad.md"] }),
  );
  expect(code).toBe("invalid");
  expect(message).toStartWith("bad.md:3:");
  expect(details.problems).toBeArray();
  expect(await bench.call("gate.list")).toMatchObject({ candidates: [] });
  expect((await refusal(bench.call("todo.import", { files: ["none.md"] }))).code).toBe("not_found");
});

test("TM5 the day of capture and the session survive the approval", async () => {
  await using bench = await operationBench();
  const status = "captured — flagged during the 2026-03-14 reality-sync session";
  writeFileSync(
    bench.sandbox.path("TODO.md"),
    `# To do\n\n## Move it\n\n**Status:** ${status}\n\n1. Carry\n`,
  );
  await bench.call("todo.import", { files: ["TODO.md"] });
  await bench.call("gate.approve", { candidates: ["C-1"] });
  expect(await bench.call("item.show", { ref: "OB-1" })).toMatchObject({
    item: { captured_on: "2026-03-14", spec: { body: `**Status:** ${status}` } },
  });
});

test("TM15 one entry that cannot be taken is left out and named, and the rest is imported and exported", async () => {
  await using bench = await operationBench();
  const path = bench.sandbox.path("TODO.md");
  const files = ["TODO.md"];
  const [long, bell] = ["x".repeat(501), "\u0007"];
  writeFileSync(path, `# To do\n\n- one\n- ${long}\n- t${bell}wo\n- three\n`);
  const expected = {
    imported: [{ title: "one" }, { title: "three" }],
    problems: [{ line: 4 }, { line: 5 }],
  };
  expect(await bench.call("todo.import", { files })).toMatchObject(expected);
  expect(await bench.call("todo.import", { files })).toMatchObject({ ...expected, imported: [] });
  await bench.call("gate.approve", { candidates: ["C-1", "C-2"] });
  await bench.call("item.close", { ref: "OB-2", reason: "done" });
  expect(await bench.call("todo.export", { files, refs: false })).toMatchObject({
    files: [{ changed: true, entries: 1, problems: [] }],
  });
  expect(readFileSync(path, "utf8")).toStartWith(
    `# To do\n\n- one\n- ${long}\n- t${bell}wo\n- three\n  - **Status:** done`,
  );
});

test("OP53 the items of a file are filed in one transaction, small files together, with a count of what is done", async () => {
  await using bench = await operationBench();
  const lines = Array.from({ length: 230 }, (_, at) => `- [ ] Mend slate ${at}`);
  const files = ["a.md", "b.md", "c.md"];
  for (const [at, file] of files.entries())
    writeFileSync(
      bench.sandbox.path(file),
      ["# TODO", "", ...lines.slice(at * 30, at === 2 ? 230 : at * 30 + 30), ""].join("\n"),
    );
  const told: string[] = [];
  let transactions = 0;
  const store = {
    ...bench.store,
    transaction: <T>(work: (own: Store) => Promise<T>) => {
      transactions += 1;
      return bench.store.transaction(work);
    },
  };
  const context = { store, progress: (line: string) => void told.push(line) };
  await bench.call("todo.import", { files }, { context });
  expect(told).toEqual(["60 of 230 items", "230 of 230 items"]);
  expect(transactions).toBe(2);
  expect((await bench.store.gate.list({ page: { limit: 1_000 } })).items).toHaveLength(230);
});

test("a file that has not changed is not parsed again, and its entries stand where they stand now", async () => {
  await using bench = await operationBench();
  const file = bench.sandbox.path("TODO.md");
  writeFileSync(file, TODO);
  let parsed = 0;
  const todo = async () => {
    parsed += 1;
    return await bench.context(agent()).todo();
  };
  const once = () => bench.call("todo.import", { files: ["TODO.md"] }, { context: { todo } });
  await once();
  expect(parsed).toBe(1);
  await bench.call("gate.approve", { candidates: ["C-1"], lane: "autonomous_safe" });
  expect(await once()).toMatchObject({
    imported: [],
    skipped: [
      {
        file: "TODO.md",
        line: 3,
        title: "Fix the login",
        reason: "known",
        candidate: "C-1",
        state: "approved",
        item: "OB-1",
      },
      { line: 16, title: "Ship the docs", reason: "done" },
    ],
  });
  expect(parsed).toBe(1);
  writeFileSync(file, `${TODO}\n## Mend the roof\n\n**Status:** open\n`);
  expect(await once()).toMatchObject({ imported: [{ title: "Mend the roof" }], skipped: [{}, {}] });
  expect(parsed).toBe(2);
});

test("two entries that are one proposal in one import make one candidate", async () => {
  await using bench = await operationBench();
  writeFileSync(bench.sandbox.path("a.md"), TODO);
  const { store } = bench;
  const { id: projectId } = await store.projects.get({ alias: "app" });
  const { spec } = await store.gate
    .propose({
      by: agent(),
      proposal: { projectId, title: "One", spec: EMPTY, wishes: {}, source: "scan", fingerprint: "1" },
    })
    .then(({ candidate }) => candidate);
  const proposal = { projectId, title: "Two", spec, wishes: {}, source: "scan", fingerprint: "2" };
  const answers = await store.gate.proposeAll({
    by: agent(),
    proposals: [proposal, { ...proposal, title: "One", fingerprint: "1" }, proposal],
  });
  expect(answers.map(({ candidate, filed }) => [candidate.title, filed])).toEqual([
    ["Two", true],
    ["One", false],
    ["Two", false],
  ]);
});

test("OP53 an agent's import past its bound keeps what was filed before", async () => {
  await using bench = await operationBench();
  const lines = Array.from({ length: 60 }, (_, at) => `- [ ] Mend slate ${at}`);
  writeFileSync(bench.sandbox.path("TODO.md"), ["# TODO", "", ...lines, ""].join("\n"));
  expect((await refusal(bench.call("todo.import", { files: ["TODO.md"] }, { as: agent() }))).code).toBe(
    "limited",
  );
  expect((await bench.store.gate.list({ page: { limit: 1_000 } })).items).toHaveLength(50);
});

test("a rule that a person wrote opens the gate, and is named", async () => {
  await using bench = await operationBench();
  const approve = [{ name: "todo", source: "todo-md", lane: "requires_investigation" }];
  await bench.call("project.edit", { project: "app", approve });
  writeFileSync(bench.sandbox.path("TODO.md"), TODO);
  expect(await bench.call("todo.import", { files: ["TODO.md"] }, { as: agent() })).toMatchObject({
    imported: [{ candidate: "C-1", state: "approved", item: "OB-1" }],
  });
  expect(await bench.call("gate.list", { states: ["approved"] })).toMatchObject({
    candidates: [{ decided_by: "system:policy/todo@1" }],
  });
  expect(await bench.call("item.show", { ref: "OB-1" })).toMatchObject({
    item: { lane: "requires_investigation" },
  });
});

test("an export writes what changed here and nothing else", async () => {
  await using bench = await operationBench();
  const path = bench.sandbox.path("TODO.md");
  writeFileSync(path, TODO);
  const files = ["TODO.md"];
  await bench.call("todo.import", { files });
  expect(await bench.call("todo.export", { files })).toMatchObject({ files: [{ changed: false }] });
  await bench.call("gate.approve", { candidates: ["C-1"] });
  expect(await bench.call("todo.export", { files, refs: false })).toMatchObject({
    files: [{ changed: false }],
  });
  expect(readFileSync(path, "utf8")).toBe(TODO);
  await bench.call("item.edit", { ref: "OB-1", title: "Fix the sign-in", trigger: { text: "two complain" } });
  expect(await bench.call("todo.export", { files, dryRun: true })).toMatchObject({
    files: [{ changed: true }],
  });
  expect(readFileSync(path, "utf8")).toBe(TODO);
  writeFileSync(path, TODO.replace("a customer complains", "a friend complains"));
  expect(await bench.call("todo.export", { files })).toMatchObject({
    files: [{ changed: true, entries: 1, conflicts: [{ item: "OB-1", field: "trigger" }] }],
  });
  const text = readFileSync(path, "utf8");
  expect(text).toContain("## Fix the sign-in <!-- sluice:OB-1");
  expect(text).toContain("a friend complains");
  const rest = (whole: string) => whole.slice(whole.indexOf("## Ship"));
  expect(rest(text)).toBe(rest(TODO));
  await bench.call("item.drop", { ref: "OB-1", reason: "no" });
  await bench.call("todo.export", { files });
  expect(readFileSync(path, "utf8")).toContain("**Status:** dropped (captured 2026-05-01)");
  expect(await bench.call("todo.import", { files })).toMatchObject({ imported: [] });
});

test("TM28 a tick that a person made in the file stays, and is a conflict", async () => {
  await using bench = await operationBench();
  const path = bench.sandbox.path("TODO.md");
  const files = ["TODO.md"];
  const kept = { files: [{ changed: false, conflicts: [{ item: "OB-1", field: "status" }] }] };
  writeFileSync(path, "# To do\n\n- [ ] one\n");
  await bench.call("todo.import", { files });
  await bench.call("gate.approve", { candidates: ["C-1"] });
  writeFileSync(path, "# To do\n\n- [x] one\n");
  expect(await bench.call("todo.export", { files, refs: false })).toMatchObject(kept);
  expect(readFileSync(path, "utf8")).toContain("- [x] one");
  await bench.call("item.close", { ref: "OB-1", reason: "done" });
  await bench.call("item.reopen", { ref: "OB-1", reason: "not yet" });
  expect(await bench.call("todo.export", { files, refs: false })).toMatchObject({
    files: [{ changed: true, conflicts: [] }],
  });
  expect(readFileSync(path, "utf8")).toContain("- [ ] one");
});

test.each(["blocked", "review"])("TM28 a status %s that a person wrote stays", async (word) => {
  await using bench = await operationBench();
  const path = bench.sandbox.path("TODO.md");
  const files = ["TODO.md"];
  writeFileSync(path, TODO);
  await bench.call("todo.import", { files });
  await bench.call("gate.approve", { candidates: ["C-1"] });
  const written = TODO.replace("**Status:** open", `**Status:** ${word}`);
  writeFileSync(path, written);
  expect(await bench.call("todo.export", { files, refs: false })).toMatchObject({
    files: [{ changed: false, conflicts: [{ item: "OB-1", field: "status" }] }],
  });
  expect(readFileSync(path, "utf8")).toBe(written);
});

test("TM29 a renamed file gets the edits of the items that it names", async () => {
  await using bench = await operationBench();
  const path = bench.sandbox.path("TODO.md");
  writeFileSync(path, TODO);
  await bench.call("todo.import", { files: ["TODO.md"] });
  await bench.call("gate.approve", { candidates: ["C-1"] });
  await bench.call("todo.export", { files: ["TODO.md"] });
  const renamed = bench.sandbox.path("BACKLOG.md");
  renameSync(path, renamed);
  await bench.call("item.edit", { ref: "OB-1", title: "Fix the sign-in" });
  expect(await bench.call("todo.export", { files: ["BACKLOG.md"] })).toMatchObject({
    files: [{ changed: true, entries: 1, conflicts: [] }],
  });
  expect(readFileSync(renamed, "utf8")).toContain("## Fix the sign-in <!-- sluice:OB-1");
});

test("TM30 the text tells apart what has one title", async () => {
  await using bench = await operationBench();
  const path = bench.sandbox.path("TODO.md");
  const files = ["TODO.md"];
  const section = (step: string) => `## A\n\n**Steps:**\n\n1. ${step}\n\n`;
  writeFileSync(path, `# To do\n\n${section("aaa")}${section("bbb")}`);
  await bench.call("todo.import", { files });
  await bench.call("gate.approve", { candidates: ["C-1", "C-2"] });
  writeFileSync(path, `# To do\n\n${section("ccc")}`);
  const unsure = { files: [{ changed: false, conflicts: [{ line: 3, item: "OB-1", field: "ref" }] }] };
  expect(await bench.call("todo.export", { files })).toMatchObject(unsure);
  writeFileSync(path, `# To do\n\n${section("bbb")}`);
  const known = { imported: [], skipped: [{ reason: "known", item: "OB-2" }] };
  expect(await bench.call("todo.import", { files })).toMatchObject(known);
  expect(await bench.call("todo.export", { files })).toMatchObject({
    files: [{ changed: true, entries: 1, conflicts: [] }],
  });
  expect(readFileSync(path, "utf8")).toBe(
    `# To do\n\n${section("bbb").replace("## A", "## A <!-- sluice:OB-2 a -->")}`,
  );
  expect(await bench.call("todo.import", { files })).toMatchObject(known);
  expect(await bench.call("todo.export", { files })).toMatchObject({ files: [{ changed: false }] });
});

test("OP44 a check says what an item lacks", async () => {
  await using bench = await operationBench();
  writeFileSync(bench.sandbox.path("TODO.md"), "# To do\n\n- [ ] Do something\n");
  expect(await bench.call("todo.check", { files: ["TODO.md"] })).toMatchObject({
    findings: listWith({ severity: "warning", line: 3, field: "steps" }),
  });
});
