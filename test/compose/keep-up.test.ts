import { expect, test } from "bun:test";
import { keepUpEvery } from "#compose/drain/work-command.ts";
import { sleep } from "#compose/machine-parts.ts";
import { contextOf } from "#test/operation-bench.ts";
import { gitSandbox } from "#test/git-fixture.ts";
import { openTestStore } from "#test/stores.ts";

test("a worker that goes on asks again and again, until it ends", async () => {
  const workspace = await openTestStore("sqlite");
  using sandbox = gitSandbox();
  const ended = new AbortController();
  const seen: object[] = [];
  const emit = (event: object) => {
    seen.push(event);
    if (seen.length === 3) ended.abort();
  };
  await keepUpEvery({ ...contextOf(workspace.store, sandbox), sleep }, 1, ended.signal, emit);
  expect(seen).toHaveLength(3);
  expect(seen[0]).toMatchObject({ type: "scanned", returned: [], settled: [] });
  await keepUpEvery({ ...contextOf(workspace.store, sandbox), sleep }, 3_600_000, ended.signal, emit);
  expect(seen).toHaveLength(3);
  await workspace.close();
});
