import { expect, test } from "bun:test";
import { scanGit } from "#operations/git/scan-git.ts";
import { invoke } from "#operations/invoke.ts";
import { tamperPause } from "#operations/run/tamper-pause.ts";
import { writeAndFinish } from "#test/agent-scripts.ts";
import { openBenches } from "#test/open-benches.ts";
import { contextOf } from "#test/operation-bench.ts";
import { human } from "#test/stores.ts";

const bench = openBenches();

/** Longer than a landing waits that only a person can free. */
const LATER_MS = 10 * 60_000;

test("WK64 what a run planted for git's transport is not used before a person has resumed the project", async () => {
  const b = await bench({ humanReview: true, repo: { target: "remote" } });
  const remote = b.sandbox.repo("remote", { bare: true });
  b.origin.git("remote", "add", "origin", remote.dir);
  b.origin.git("push", "--quiet", "origin", "main");
  const robot = b.agent("robot", writeAndFinish("$SLUICE_ITEM.txt"));
  const scan = () =>
    invoke({ ...contextOf(b.store, b.sandbox), caller: { ...human(), host: b.deps.host } }, scanGit, {});
  const stateOf = async (id: number) => (await b.store.items.get({ id })).item;
  const waiting = await b.add({ title: "Waits for a person" });
  await b.work([robot]);
  const canary = b.sandbox.canary("transport", 'exec git upload-pack "$@"');
  const plant = `git config remote.origin.uploadpack '${canary.program}'; ${writeAndFinish("b.txt")}`;
  const planting = await b.add({ title: "Plant" });
  await b.work([b.agent("rogue", plant)]);
  expect((await b.runsOf(planting))[0]?.outcome).toBe("tampered");
  const pause = tamperPause(await b.store.claims.pauses(), "app");
  expect(pause?.reason).toContain(`${b.origin.repo}/config: look`);
  expect(pause?.reason).toContain("sluice resume -p app");

  await b.store.claims.pause({ by: human(), scope: "project", name: "app" });
  await b.store.claims.advance({ by: human(), id: waiting.item.id, phase: "human" });
  const next = await b.add({ title: "Next" });
  const barred = (await b.work([robot])).map(({ type }) => type);
  expect(barred).toEqual(["started", "left", "finished"]);
  await scan();
  const { notes } = await b.store.items.get({ id: waiting.item.id });
  expect(notes.at(-1)?.body).toContain("Nothing of app is checked or landed: R-2 changed");
  expect([(await stateOf(next.item.id)).state, await b.runsOf(next)]).toEqual(["open", []]);
  expect([canary.ran(), remote.git("log", "--format=%s", "main")]).toEqual([false, "Begin"]);

  b.origin.git("config", "--unset", "remote.origin.uploadpack");
  await b.store.claims.resume({ by: human(), scope: "project", name: "app" });
  b.advance(LATER_MS);
  await b.work([robot]);
  expect((await stateOf(waiting.item.id)).state).toBe("done");
  expect((await stateOf(next.item.id)).phase).toBe("human");
  b.origin.git("config", "remote.origin.uploadpack", canary.program);
  await scan();
  expect(canary.ran()).toBe(true);
});

test("WK64 the product's pause takes the place of a person's", async () => {
  const b = await bench();
  await b.add({ title: "Plant" });
  const drain = new AbortController();
  const script = `git config filter.evil.clean true; ${writeAndFinish("a.txt")}`;
  let paused: Promise<void> = Promise.resolve();
  await b.work([b.agent("rogue", script)], {
    drain: drain.signal,
    emit: ({ type }) => {
      if (type === "running") paused = b.store.claims.pause({ by: human(), scope: "project", name: "app" });
    },
  });
  await paused;
  expect(tamperPause(await b.store.claims.pauses(), "app")?.by).toBe("system:worker");
});
