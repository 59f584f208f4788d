import { writeFileSync } from "node:fs";
import { expect, test } from "bun:test";
import { openBenches } from "#test/open-benches.ts";
import { tryInRun, types } from "./try-in-run.ts";

const bench = openBenches();

test("RG8 each thing that was refused to a run is kept once, with who tried, and the work goes on", async () => {
  const b = await bench();
  await b.add({ title: "Do it" });
  const loop = "for n in 1 2 3; do git branch -f main HEAD; git stash drop; git push . HEAD:main; done";
  const { events } = await tryInRun(b, ["git commit -q --allow-empty -m x", loop, "git tag v1"]);
  expect(types(events)).toContain("landed");
  const { items } = await b.store.denials.list({ page: { limit: 10 } });
  for (const one of items)
    expect(one).toMatchObject({ actor: "ai:robot", door: "git", operation: "git", has: "R-1", times: 1 });
  const needed = ["git push", "git stash", "refs/heads/main", "refs/tags/v1"];
  expect(items.map((one) => one.needed).toSorted()).toEqual(
    needed.map((what) => `a person, for ${what} in app`),
  );
});

test("RG8 what a run writes among its refusals is no more than text", async () => {
  const b = await bench();
  await b.add({ title: "Do it" });
  const file = '"$TMPDIR/../refusals/moves"';
  const forged = String.raw`'\0x\nno\ttabs\napp\t-\t-\tgit \033[2Jx\nother\t-\t-\tgit push\napp\t-\t-\tgit push\n'`;
  const flood = `head -c 3000000 /dev/zero | tr '\\0' a >> ${file}`;
  const { tried, events } = await tryInRun(b, [`printf ${forged} > ${file} && ${flood}`]);
  expect(tried[0]?.code).toBe(0);
  expect(types(events)).toContain("landed");
  const { items } = await b.store.denials.list({ page: { limit: 10 } });
  expect(items.map(({ needed }) => needed)).toEqual(["a person, for git push in app"]);
});

test("RG9 what was refused to a run and happened all the same is the run's: tampered", async () => {
  const b = await bench();
  const item = await b.add({ title: "Do it" });
  const { events } = await tryInRun(b, [
    "git commit -q --allow-empty -m x",
    "git update-ref refs/heads/main HEAD",
    'env -u GIT_CONFIG_COUNT PATH="${PATH#*:}" git update-ref refs/heads/main HEAD',
  ]);
  expect(types(events)).not.toContain("landed");
  expect((await b.runsOf(item))[0]?.outcome).toBe("tampered");
  const { notes } = await b.store.items.get({ id: item.item.id });
  expect(notes.find(({ kind }) => kind === "park")?.body).toContain(
    "- app: ref refs/heads/main was changed, which was refused to it",
  );
});

test("RG10 a stash that is dropped around the guard is seen, whichever it is, and waits for a person", async () => {
  const b = await bench();
  for (const text of ["one", "two"]) {
    writeFileSync(`${b.origin.dir}/README.md`, `${text}\n`);
    b.origin.git("stash", "--quiet");
  }
  const item = await b.add({ title: "Do it" });
  await tryInRun(b, ['PATH="${PATH#*:}" git stash drop -q stash@{1}']);
  expect(b.origin.git("stash", "list").split("\n")).toHaveLength(1);
  const { item: after, notes } = await b.store.items.get({ id: item.item.id });
  expect([after.state, after.phase]).toEqual(["review", "human"]);
  expect(notes.find(({ kind }) => kind === "review")?.body).toContain(
    "app: file logs/refs/stash was changed",
  );
});
