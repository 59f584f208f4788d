import { expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { openStore } from "#store/open-store.ts";
import { describeAgents } from "./describe-agents.ts";

const TRIES = ["branch -f spare", "branch -D spare", "tag v1", "push . HEAD:spare"];
const KEPT = ["refs/heads/spare", "refs/tags/v1", "git push"];

/** Read past the command line, which asks for a terminal. */
async function denied(home: string, actor: string): Promise<readonly string[]> {
  const store = await openStore({ place: join(home, "..", "repo", ".sluice", "workspace.db") });
  try {
    const { items } = await store.denials.list({ actor, page: { limit: 100 } });
    return items.map(({ needed }) => needed);
  } finally {
    await store.close();
  }
}

describeAgents("the guard in the shell of the real", (open) => {
  test("RG12 moves nothing of the person's, is kept, and lands its own work", async () => {
    const bench = open();
    for (const text of ["One\n", "Two\n"]) {
      writeFileSync(join(bench.home, "..", "repo", "half-done"), text);
      bench.git("stash", "--quiet", "--include-untracked");
    }
    bench.git("branch", "spare");
    const people = () =>
      bench.git("for-each-ref", "refs/heads/spare", "refs/tags") + bench.git("stash", "list", "--format=%H");
    const before = people();
    // No hook is asked about a stash: a program of the run's, first in its PATH, refuses to drop it.
    const { keepsPath } = bench.agent;
    const act = [...TRIES, ...(keepsPath ? ["stash drop"] : [])]
      .map((one) => `git ${one} && echo '${one}' >> hello.txt`)
      .join("; ");
    const own = "echo hello > hello.txt; git add hello.txt; git commit -qm 'Add a greeting'";
    await bench.drain([
      bench.shell(`${own}; ${act}; git commit -qam More; sluice finish --note 'Greets now'`),
      { text: "The greeting is in." },
    ]);
    expect(people()).toBe(before);
    expect(bench.git("show", "main:hello.txt")).toBe("hello\n");
    expect(bench.item().state).toBe("done");
    const kept = await denied(bench.home, `ai:${bench.agent.name}`);
    for (const what of [...KEPT, ...(keepsPath ? ["git stash"] : [])])
      expect(kept.some((needed) => needed.startsWith(`a person, for ${what} in `))).toBe(true);
  });
});
