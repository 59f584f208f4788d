import { SluiceError } from "#domain/errors.ts";
import type { Context } from "#operations/context.ts";
import { givenCommits } from "#operations/git/landing-judge.ts";
import { scanGit } from "#operations/git/scan-git.ts";
import type { CheckedResult } from "#operations/ports/checks.ts";
import type { ItemDetail } from "#operations/ports/store/item-store.ts";
import type { Run } from "#operations/ports/store/run-store.ts";

/**
 * Runs the project's check on what an agent left that worked without a worker, and lets git settle the item. Nothing that the check
 * says closes an item: the commit must be on the target too.
 */
export async function verifyAttended(
  context: Context,
  detail: ItemDetail,
  { run, ref }: { readonly run: Run; readonly ref: string },
): Promise<ItemDetail> {
  const { store, caller } = context;
  const { id } = detail.item;
  if ((await store.projects.byId({ id: detail.item.projectId })).check === null)
    throw new SluiceError("conflict", `Project ${detail.project} has no check, so that nothing can be run`, {
      hint: `Give it one with: sluice project edit ${detail.project} --check COMMAND`,
      details: { ref, project: detail.project, phase: detail.item.phase },
    });
  if (context.checks === undefined || context.idempotencyKey !== undefined)
    throw new SluiceError(
      "conflict",
      "A check runs only on the machine of its repositories, and under no key",
      {
        hint: `Run it where the checkout is: sluice verify ${ref}`,
        details: { ref, phase: detail.item.phase },
      },
    );
  const results = await resultsHere(context, detail);
  if (results.length === 0)
    throw new SluiceError("conflict", `No commit of ${ref} is known on this machine`, {
      hint: `Name it with: sluice evidence add ${ref} commit=SHA`,
      details: { ref, phase: detail.item.phase },
    });
  const found = await (await context.checks()).check({ itemId: id, runId: run.id, results });
  if (found === "interrupted")
    throw new SluiceError("unavailable", `The check of ${ref} was interrupted, and says nothing`, {
      hint: `Run it again: sluice verify ${ref}`,
    });
  if (found === "passed") {
    const value = `passed at ${results.map(({ commit }) => commit.slice(0, 12)).join(", ")}`;
    await store.items.addEvidence({ by: caller, id, kind: "check", value });
    await scanGit.run(context, { project: detail.project });
  }
  return await store.items.get({ id });
}

/** The newest commit on record in each target repository of this machine. */
async function resultsHere(context: Context, detail: ItemDetail): Promise<readonly CheckedResult[]> {
  const { store, caller } = context;
  const git = await context.git();
  const results: CheckedResult[] = [];
  for (const { repoId } of detail.repos.filter(({ role }) => role === "target")) {
    const { commonDir } = await store.projects.repoById({ id: repoId, host: caller.host });
    const commit = commonDir === null ? undefined : (await givenCommits(git, commonDir, detail)).at(-1);
    if (commit !== undefined) results.push({ repoId, commit });
  }
  return results;
}
