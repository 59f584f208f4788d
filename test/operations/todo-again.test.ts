import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "bun:test";
import { operationBench } from "#test/operation-bench.ts";

const CHORES = "# TODO\n\n- sweep the yard\n- oil the gate\n";

test("OP41 an import from a clone, and one before and after `repo add`, file nothing twice", async () => {
  await using bench = await operationBench();
  const repo = bench.sandbox.repo("app");
  repo.commit({ message: "Begin", files: { "TODO.md": CHORES } });
  const clone = bench.sandbox.path("clone");
  repo.git("clone", "--quiet", repo.dir, clone);
  const files = [join(repo.dir, "TODO.md")];
  const inClone = [join(clone, "TODO.md")];
  expect(await bench.call("todo.import", { files })).toMatchObject({ counts: { imported: 2 } });
  const known = { imported: [], skipped: [{ reason: "known" }, { reason: "known" }] };
  expect(await bench.call("todo.import", { files: inClone })).toMatchObject(known);
  await bench.call("gate.approve", { candidates: ["C-1", "C-2"] });
  await bench.call("item.close", { ref: "OB-1", reason: "done" });
  await bench.call("item.edit", { ref: "OB-2", title: "Oil both gates" });
  await bench.call("repo.add", { paths: [repo.dir] });
  for (const from of [files, inClone, files])
    expect(await bench.call("todo.import", { files: from })).toMatchObject(known);
  expect((await bench.store.gate.list({ states: ["pending"], page: { limit: 10 } })).items).toEqual([]);
  writeFileSync(inClone[0] ?? "", `${CHORES}- paint the fence\n`);
  await bench.call("todo.import", { files: inClone });
  expect(await bench.call("gate.list")).toMatchObject({
    candidates: [{ title: "paint the fence", external_ref: { key: "app:TODO.md#paint-the-fence" } }],
  });
});

test("OP41 a dry run shows each heading, entry and line of no entry, and files nothing", async () => {
  await using bench = await operationBench();
  writeFileSync(bench.sandbox.path("TODO.md"), `# TODO\n\nSome words.\n\n## Later\n\n- one\n- [x] two\n`);
  const answer = await bench.call("todo.import", { files: ["TODO.md"], dryRun: true });
  expect(answer).toMatchObject({
    imported: [{ line: 7, title: "one" }],
    skipped: [{ line: 8, reason: "done" }],
    counts: { files: 1, unchanged: 0, imported: 1, done: 1, known: 0, refused: 0, loose: 1, lines_left: 1 },
    outlines: [
      {
        file: "TODO.md",
        sections: [
          { line: 1, heading: "TODO", shape: "title", entries: 0 },
          { line: 5, heading: "Later", shape: "list", entries: 2 },
        ],
        left: [{ line: 3, end_line: 3, text: "Some words." }],
      },
    ],
  });
  expect(await bench.call("gate.list")).toMatchObject({ candidates: [] });
  await bench.call("todo.import", { files: ["TODO.md"] });
  expect(await bench.call("todo.import", { files: ["TODO.md"] })).toMatchObject({
    counts: { unchanged: 1, known: 1, done: 1, lines_left: 1 },
  });
});

test("OP57 a ticked entry and a removed one propose to close their items, with the commits", async () => {
  await using bench = await operationBench();
  const repo = bench.sandbox.repo("app");
  repo.commit({ message: "Begin", files: { "TODO.md": CHORES } });
  await bench.call("repo.add", { paths: [repo.dir] });
  const files = [join(repo.dir, "TODO.md")];
  await bench.call("todo.import", { files });
  await bench.call("gate.approve", { candidates: ["C-1", "C-2"] });
  const ticked = repo.commit({
    message: "Sweep",
    files: { "TODO.md": CHORES.replace("- sweep the yard", "- [x] sweep the yard") },
  });
  expect(await bench.call("todo.import", { files })).toMatchObject({
    closing: [{ item: "OB-1", how: "ticked", line: 3, commit: ticked }],
  });
  writeFileSync(files[0] ?? "", "# TODO\n\n- [x] sweep the yard\n");
  const uncommitted = (await bench.call("todo.import", { files })) as { closing: { commit?: string }[] };
  expect(uncommitted.closing).toMatchObject([{ commit: ticked }, { item: "OB-2", how: "removed" }]);
  expect(uncommitted.closing[1]?.commit).toBeUndefined();
  const removed = repo.commit({ message: "Oil", files: { "TODO.md": "# TODO\n\n- [x] sweep the yard\n" } });
  expect(await bench.call("todo.import", { files })).toMatchObject({
    closing: [{ item: "OB-1" }, { item: "OB-2", how: "removed", commit: removed }],
  });
  for (const ref of ["OB-1", "OB-2"]) await bench.call("item.close", { ref, reason: "done" });
  expect(await bench.call("todo.import", { files })).toMatchObject({ closing: [] });
  expect(readFileSync(files[0] ?? "", "utf8")).toBe("# TODO\n\n- [x] sweep the yard\n");
});

test("OP44 a check finds what an import refuses, once for each kind, and mends what is a matter of form", async () => {
  await using bench = await operationBench();
  const path = bench.sandbox.path("TODO.md");
  const steps = Array.from({ length: 201 }, (_, at) => `${at + 1}. step`).join("\n");
  writeFileSync(
    path,
    `# TODO\n\n## Many\n\n**Steps:**\n\n${steps}\n\n## Small things\n\n-[ ] one\n-[ ] t\u0007wo\n`,
  );
  const files = ["TODO.md"];
  const lost = [
    { severity: "error", line: 212 },
    { severity: "error", line: 3 },
  ];
  const { findings } = (await bench.call("todo.check", { files })) as { findings: { severity: string }[] };
  expect(findings.filter(({ severity }) => severity === "error")).toMatchObject(lost);
  const { problems } = (await bench.call("todo.import", { files })) as { problems: { line: number }[] };
  expect(problems.map(({ line }) => line)).toEqual(lost.map(({ line }) => line));
  expect(await bench.call("todo.check", { files, fix: true })).toMatchObject({ fixed: ["TODO.md"] });
  expect(readFileSync(path, "utf8")).toEndWith("\n- [ ] one\n- [ ] two\n");
});
