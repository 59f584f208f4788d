import { describe, expect, test } from "bun:test";
import type { Sha } from "#domain/git-ref/sha.ts";
import { EMPTY_SPEC } from "#domain/item/spec.ts";
import type { ProjectPolicy } from "#operations/ports/store/project-store.ts";
import { operationBench, type OperationBench } from "#test/operation-bench.ts";
import type { FixtureRepo } from "#test/git-fixture.ts";
import { agent, human } from "#test/stores.ts";

const TTL_MS = 900_000;
const DAY_MS = 24 * 3_600_000;

interface Scene {
  readonly bench: OperationBench;
  readonly repo: FixtureRepo;
  /** An item in the agents' lane. */
  readonly add: (title: string) => Promise<number>;
  /** A person's agent finishes it with a commit as evidence. */
  readonly finishWith: (id: number, sha: string) => Promise<void>;
  readonly scan: () => Promise<unknown>;
  readonly stateOf: (id: number) => Promise<string>;
}

async function scene(bench: OperationBench, policy: ProjectPolicy = {}): Promise<Scene> {
  const { store, sandbox } = bench;
  const repo = sandbox.repo("code");
  repo.commit({ message: "Begin", files: { "a.txt": "1\n" } });
  const project = await store.projects.get({ alias: "app" });
  await store.projects.edit({ by: human(), id: project.id, changes: { policy } });
  await bench.call("repo.add", { paths: [repo.dir], project: "app" });
  return {
    bench,
    repo,
    add: async (title) => {
      const item = { projectId: project.id, title, spec: EMPTY_SPEC, lane: "autonomous_safe" };
      return (await store.items.add({ by: human(), item })).item.id;
    },
    finishWith: async (id, sha) => {
      const { lease } = await store.claims.item({ by: agent(), id, ttlMs: TTL_MS, runner: {} });
      const evidence = [{ kind: "commit", value: sha }];
      await store.claims.finish({
        by: agent("robot", lease.id),
        leaseId: lease.id,
        outcome: "changed",
        evidence,
      });
    },
    scan: () => bench.call("git.scan"),
    stateOf: async (id) => {
      const { item } = await store.items.get({ id });
      return item.phase === null ? `${item.state} in ${item.lane}` : `${item.state} ${item.phase}`;
    },
  };
}

/** Fixture commits are dated long ago: before any item was filed. */
function commitNow(repo: FixtureRepo, message: string): void {
  repo.git("commit", "--quiet", "--allow-empty", "-m", message);
}

describe("a scan of the history", () => {
  test("GJ1 settles an item whose commit on record reached the target", async () => {
    await using bench = await operationBench();
    const { repo, add, finishWith, scan, stateOf } = await scene(bench);
    const id = await add("Mend the roof");
    repo.git("switch", "--quiet", "-c", "work");
    const sha = repo.commit({ message: "Mend it", files: { "a.txt": "2\n" } });
    await finishWith(id, sha.slice(0, 10));
    await scan();
    expect(await stateOf(id)).toBe("review await_git");
    repo.git("switch", "--quiet", "main");
    repo.git("merge", "--quiet", "--ff-only", "work");
    expect(await scan()).toMatchObject({ settled: [`OB-${id}`] });
    expect(await stateOf(id)).toBe("done in autonomous_safe");
  });

  test("GJ2 settles by the same change under another id when it names the item", async () => {
    await using bench = await operationBench();
    const { repo, add, finishWith, scan, stateOf } = await scene(bench);
    const id = await add("Mend the roof");
    repo.git("switch", "--quiet", "-c", "work");
    const sha = repo.commit({ message: `OB-${id}: mend it`, files: { "b.txt": "new\n" } });
    await finishWith(id, sha);
    repo.git("switch", "--quiet", "main");
    repo.commit({ message: "Meanwhile", files: { "c.txt": "other\n" } });
    repo.git("cherry-pick", "work");
    await scan();
    expect(repo.head("main")).not.toBe(sha);
    expect(await stateOf(id)).toBe("done in autonomous_safe");
  });

  test("knows an item by a former prefix too", async () => {
    await using bench = await operationBench();
    const { repo, add, scan, stateOf } = await scene(bench, { commitsClose: true });
    const id = await add("One");
    await bench.store.projects.setSetting({ by: human(), key: "prefix", value: "NEW" });
    commitNow(repo, `Closes OB-${id}`);
    expect(await scan()).toMatchObject({ closed: [`NEW-${id}`] });
    expect(await stateOf(id)).toBe("done in autonomous_safe");
  });

  test("GJ3 leaves an item alone that a commit only mentions", async () => {
    await using bench = await operationBench();
    const { repo, add, finishWith, scan, stateOf } = await scene(bench);
    const open = await add("Mend the roof");
    const waiting = await add("Paint the door");
    repo.git("switch", "--quiet", "-c", "work");
    await finishWith(waiting, repo.commit({ message: "Paint", files: { "d.txt": "red\n" } }));
    repo.git("switch", "--quiet", "main");
    repo.commit({ message: `Closes OB-${open}, and a word on OB-${waiting}`, files: { "e.txt": "x\n" } });
    await scan();
    expect(await stateOf(open)).toBe("open in autonomous_safe");
    expect(await stateOf(waiting)).toBe("review await_git");
  });

  test("GJ4 takes back what the target lost and settles it again when it returns", async () => {
    await using bench = await operationBench();
    const place = await scene(bench);
    const { repo, scan, stateOf } = place;
    const { id, sha } = await landed(place);
    repo.git("reset", "--quiet", "--hard", "HEAD~1");
    expect(await scan()).toMatchObject({ unlanded: [`OB-${id}`] });
    expect(await stateOf(id)).toBe("review await_git");
    repo.git("merge", "--quiet", "--ff-only", sha);
    await scan();
    expect(await stateOf(id)).toBe("done in autonomous_safe");
  });

  test("opens in triage what stays away for a day", async () => {
    await using bench = await operationBench();
    const place = await scene(bench);
    const { repo, scan, stateOf } = place;
    const { id } = await landed(place);
    repo.git("reset", "--quiet", "--hard", "HEAD~1");
    await scan();
    bench.workspace.advance(DAY_MS + 1);
    expect(await scan()).toMatchObject({ reopened: [`OB-${id}`] });
    expect(await stateOf(id)).toBe("open in requires_triage");
  });

  test("GJ6 closes by keyword only by policy, only on the target, only what nobody holds", async () => {
    await using bench = await operationBench();
    const { repo, add, scan, stateOf } = await scene(bench, { commitsClose: true });
    const [free, held, elsewhere] = [await add("One"), await add("Two"), await add("Three")];
    await bench.store.claims.item({ by: agent(), id: held, ttlMs: TTL_MS, runner: {} });
    commitNow(repo, `Closes OB-${free}, fixes OB-${held}`);
    repo.git("switch", "--quiet", "-c", "side");
    commitNow(repo, `Closes OB-${elsewhere}`);
    expect(await scan()).toMatchObject({ closed: [`OB-${free}`] });
    expect(await stateOf(free)).toBe("done in autonomous_safe");
    expect(await stateOf(held)).toBe("open in autonomous_safe");
    expect(await stateOf(elsewhere)).toBe("open in autonomous_safe");
  });
});

/** An item whose commit landed on the target, on record as a worker's landing. */
async function landed({
  bench,
  repo,
  add,
  finishWith,
  scan,
  stateOf,
}: Scene): Promise<{ id: number; sha: Sha }> {
  const { store } = bench;
  const id = await add("Mend the roof");
  const tip = repo.head("main");
  const sha = repo.commit({ message: "Mend it", files: { "a.txt": "3\n" } });
  await finishWith(id, sha);
  const [run] = (await store.runs.list({ itemId: id, page: { limit: 1 } })).items;
  const [target] = (await store.items.get({ id })).repos;
  if (run === undefined || target === undefined) throw new Error("the scene has no run");
  const place = { repoId: target.repoId, target: "main" };
  const lock = await store.runs.lockTarget({ by: human(), ...place, ttlMs: TTL_MS });
  const intent = await store.runs.intend({
    by: human(),
    leaseId: lock?.leaseId ?? "",
    runId: run.id,
    itemId: id,
    ...place,
    tip,
    merge: sha,
  });
  await store.runs.settleLanding({ by: human(), id: intent.id, state: "landed" });
  await scan();
  expect(await stateOf(id)).toBe("done in autonomous_safe");
  return { id, sha };
}
