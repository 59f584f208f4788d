import { z } from "zod";
import { SluiceError } from "#domain/errors.ts";
import type { Phase } from "#domain/item/lifecycle.ts";
import { Body } from "#domain/text/bounded-text.ts";
import type { Context } from "#operations/context.ts";
import { givenCommits } from "#operations/settle/landing-judge.ts";
import { scanGit } from "#operations/git/scan-git.ts";
import { itemIdOf, ItemRef } from "#operations/item/item-ref.ts";
import { ItemAnswer, itemAnswer } from "#operations/item/item-view.ts";
import { reportedRun } from "./reported-run.ts";
import { defineOperation } from "#operations/operation.ts";
import type { CheckedResult } from "#operations/ports/checks.ts";
import type { ItemDetail } from "#operations/ports/store/item-store.ts";
import type { Run } from "#operations/ports/store/run-store.ts";

/** Who decides the phases that a person's word does not. */
const DECIDED_ELSEWHERE: Readonly<Partial<Record<Phase, string>>> = {
  verify: "Let a worker check it: sluice work --until-empty",
  land: "Let a worker land it: sluice work --until-empty",
  await_git: "Let git decide: sluice git scan",
};

export const verifyItem = defineOperation({
  name: "verify",
  summary: "Approve an item in review after looking at it.",
  description:
    "Approves the phase `human` or `evidence`; checks and landing are the worker's, and cannot be approved. For the result of an agent without a worker it runs the project's check here, and a result that fails goes back.",
  effect: "write",
  authority: "decide",
  toolset: "operator",
  place: "either",
  input: z.strictObject({ ref: ItemRef, note: Body.optional().describe("What you looked at") }),
  output: ItemAnswer,
  errors: ["not_found", "conflict"],
  positional: ["ref"],
  examples: [{ command: 'sluice verify OB-12 --note "Read the diff, tried it"', does: "Let it go on" }],
  run: async (context, { ref, note }) => {
    const { store, caller } = context;
    const id = await itemIdOf(store, ref);
    const detail = await store.items.get({ id });
    const { item } = detail;
    if (item.phase === null)
      throw new SluiceError("conflict", `${ref} is ${item.state}, only an item in review can be verified`, {
        hint: `See where it stands with: sluice why ${ref}`,
        details: { ref, state: item.state },
      });
    if (item.phase === "await_git") {
      const run = await reportedRun(store, id);
      if (run !== undefined && run.workerId === null)
        return await itemAnswer(store, await verifyAttended(context, detail, { run, ref }));
    }
    const hint = DECIDED_ELSEWHERE[item.phase];
    if (hint !== undefined)
      throw new SluiceError("conflict", `${ref} waits for ${item.phase}, which a person cannot decide`, {
        hint,
        details: { ref, state: item.state, phase: item.phase },
      });
    return await itemAnswer(store, await store.claims.advance({ by: caller, id, phase: item.phase, note }));
  },
});

/**
 * Runs the project's check on what an agent left that worked without a worker, and lets git settle the item. Nothing that the check
 * says closes an item: the commit must be on the target too.
 */
async function verifyAttended(
  context: Context,
  detail: ItemDetail,
  { run, ref }: { readonly run: Run; readonly ref: string },
): Promise<ItemDetail> {
  const { store, caller } = context;
  const { id } = detail.item;
  if ((await store.projects.byId({ id: detail.item.projectId })).check === null)
    throw new SluiceError("conflict", `Project ${detail.project} has no check to run`, {
      hint: `Give it one with: sluice project edit ${detail.project} --check COMMAND`,
      details: { ref, project: detail.project, phase: detail.item.phase },
    });
  if (context.checks === undefined || context.idempotencyKey !== undefined)
    throw new SluiceError(
      "conflict",
      "A check runs only on the machine that has the repositories, and never under an idempotency key",
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
    throw new SluiceError("unavailable", `The check of ${ref} was interrupted and has no result`, {
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
