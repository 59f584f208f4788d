import { expect, test } from "bun:test";
import { human, worker } from "#test/stores.ts";
import { eachStore } from "./each-store.ts";

eachStore((bench) => {
  test("a number is one pull request of its repo, and the last run's that opened it", async () => {
    const project = await bench.project({ landing: "pr" });
    const repo = async (alias: string) =>
      (
        await bench.store.projects.addRepo({
          by: human(),
          projectId: project.id,
          alias: `${alias}${project.id}`,
          path: `/srv/${alias}${project.id}`,
          commonDir: `/srv/${alias}${project.id}/.git`,
        })
      ).id;
    const [app, web] = [await repo("app"), await repo("web")];
    const { id: itemId } = await bench.add({ projectId: project.id, kind: "research" });
    const { runId } = await bench.claim(itemId);
    const { runs } = bench.store;
    const by = worker();
    const facts = { by, itemId, number: 12, url: "https://forge.test/pull/12", branch: "b", target: "main" };
    await runs.openedPullRequest({ ...facts, runId, repoId: app });
    await runs.openedPullRequest({ ...facts, runId, repoId: web });
    const [first, second] = await runs.pullRequests({ itemId });
    expect([first?.repoId, second?.repoId, first?.state, first?.merge]).toEqual([app, web, "open", null]);
    await runs.lookedAtPullRequest({
      by,
      id: first?.id ?? 0,
      itemId,
      state: "merged",
      merge: "a".repeat(40),
    });
    expect(await runs.pullRequests({ itemId, state: "open" })).toEqual(
      [second].filter((one) => one !== undefined),
    );
    expect(await runs.pullRequests({ runId, state: "merged" })).toMatchObject([{ merge: "a".repeat(40) }]);
    const again = await runs.openedPullRequest({ ...facts, runId, repoId: app, branch: "c" });
    expect(again).toMatchObject({ id: first?.id, branch: "c", state: "open", merge: null });
    expect(await runs.pullRequests({ itemId })).toHaveLength(2);
  });
});
