import { expect, test } from "bun:test";
import { operationBench } from "#test/operation-bench.ts";
import { refusal } from "#test/refusal.ts";
import { agent, human } from "#test/stores.ts";

test("OP39 a scan indexes each commit once, with the items it names", async () => {
  await using bench = await operationBench();
  const repo = bench.sandbox.repo("app");
  await bench.call("repo.add", { paths: [repo.dir] });
  expect(await bench.call("git.scan")).toMatchObject({ repos: [{ commits: 0 }] });
  repo.commit({ message: "OB-1 H2/M2 — close /register" });
  repo.commit({ message: "Tidy\n\nRefs: OB-1, OB-2" });
  expect(await bench.call("git.scan", {}, { as: agent() })).toMatchObject({
    repos: [{ commits: 2, refs: 3 }],
  });
  expect(await bench.call("git.scan")).toMatchObject({ repos: [{ commits: 0, refs: 0 }] });
  repo.commit({ message: "More" });
  expect(await bench.call("git.scan")).toMatchObject({ repos: [{ commits: 1 }] });
});

test("OP40 who explains a commit, and takes a mention for no more than that", async () => {
  await using bench = await operationBench();
  const repo = bench.sandbox.repo("app");
  await bench.call("repo.add", { paths: [repo.dir] });
  await bench.call("propose", { title: "Close /register" }, { as: agent() });
  await bench.call("gate.approve", { candidates: ["C-1"], lane: "autonomous_safe" });
  const sha = repo.commit({ message: "OB-1 H2 — close /register; see OB-99" });
  expect((await refusal(bench.call("who", { of: sha }))).code).toBe("not_found");
  await bench.call("git.scan");
  const answer = await bench.call("who", { of: sha.slice(0, 8).toUpperCase() });
  expect(answer).toMatchObject({
    commits: [
      {
        sha,
        repo: "app",
        author: "Ada Human <ada@example.org>",
        items: [{ ref: "OB-1", via: "ref", sub: ["H2"], approved_by: "human:ada", decisions: [] }],
      },
    ],
  });
  expect(answer).not.toHaveProperty("commits.0.items.0.run");
  expect(await bench.call("who", { of: "OB-1" })).toMatchObject({ commits: [{ sha }] });
  const files = { ...bench.context(human()).files, resolve: () => repo.dir };
  for (const of of ["HEAD", "main"])
    expect(await bench.call("who", { of }, { context: { files } })).toMatchObject({ commits: [{ sha }] });
  expect((await refusal(bench.call("who", { of: "nowhere" }, { context: { files } }))).code).toBe(
    "not_found",
  );
});
