import { z } from "zod";
import { SluiceError } from "#domain/errors.ts";
import type { Phase } from "#domain/item/lifecycle.ts";
import { Body } from "#domain/text/bounded-text.ts";
import type { Context } from "#operations/context.ts";
import { givenCommits } from "#operations/settle/target-branches.ts";
import { scanGit } from "#operations/git/scan-git.ts";
import { ask, HALF } from "#operations/half.ts";
import { addEvidence } from "#operations/item/add-evidence.ts";
import { itemIdOf, ItemRef } from "#operations/item/item-ref.ts";
import { ItemAnswer, itemAnswer } from "#operations/item/item-view.ts";
import { showItem } from "#operations/item/show-item.ts";
import { defineOperation } from "#operations/operation.ts";
import type { CheckedResult } from "#operations/ports/checks.ts";
import type { Run } from "#operations/ports/store/run-store.ts";
import { type OpenedWork, openWork } from "#operations/worker/open-work.ts";

/** Who decides the phases that a person's word does not. */
const DECIDED_ELSEWHERE: Readonly<Partial<Record<Phase, (ref: string) => string>>> = {
  verify: (ref) => `Check it: sluice land ${ref}`,
  land: (ref) => `Land it: sluice land ${ref}`,
  await_git: () => "Let git decide: sluice git scan",
};

const VERIFY = z.strictObject({ ref: ItemRef, note: Body.optional().describe("What you looked at") });

export const verifyItem = defineOperation({
  name: "verify",
  summary: "Approve an item in review after looking at it.",
  description:
    "Approves the phase `human` or `evidence`; checks and landing are the worker's, and cannot be approved. For the result of an agent without a worker it runs the project's check here, and a result that fails goes back.",
  effect: "write",
  authority: "decide",
  toolset: "operator",
  place: "either",
  input: VERIFY,
  output: ItemAnswer,
  errors: ["not_found", "conflict"],
  positional: ["ref"],
  examples: [{ command: 'sluice verify OB-12 --note "Read the diff, tried it"', does: "Let it continue" }],
  run: async (context, { ref, note }) => {
    const work = await ask(context, openWork, { host: context.caller.host, of: { item: ref } });
    const { phase } = work.detail.item;
    if (phase !== "await_git" || work.run === undefined || work.run.workerId !== null)
      return await ask(context, approveItem, { ref, note });
    await verifyAttended(context, work, work.run);
    return ItemAnswer.parse(await ask(context, showItem, showItem.input.parse({ ref })));
  },
});

export const approveItem = defineOperation({
  ...HALF,
  name: "verify.approve",
  summary: "Pass the phase of an item in review that waits for a person.",
  effect: "write",
  input: VERIFY,
  output: ItemAnswer,
  errors: ["not_found", "conflict"],
  run: async ({ store, caller }, { ref, note }) => {
    const id = await itemIdOf(store, ref);
    const { item } = await store.items.get({ id });
    if (item.phase === null)
      throw new SluiceError("conflict", `${ref} is ${item.state}, only an item in review can be verified`, {
        hint: `See what it waits for: sluice why ${ref}`,
        details: { ref, state: item.state },
      });
    const hint = DECIDED_ELSEWHERE[item.phase]?.(ref);
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
async function verifyAttended(context: Context, work: OpenedWork, run: Run): Promise<void> {
  const { detail, project, ref } = work;
  const { id: itemId, phase } = detail.item;
  if (project.check === null)
    throw new SluiceError("conflict", `Project ${project.alias} has no check to run`, {
      hint: `Give it one with: sluice project edit ${project.alias} --check COMMAND`,
      details: { ref, project: project.alias, phase },
    });
  if (context.checks === undefined || context.idempotencyKey !== undefined)
    throw new SluiceError(
      "conflict",
      "A check runs only on the machine that has the repositories, and never under an idempotency key",
      {
        hint: `Run it where the checkout is: sluice verify ${ref}`,
        details: { ref, phase },
      },
    );
  const results = await resultsHere(context, work);
  if (results.length === 0)
    throw new SluiceError("conflict", `No commit of ${ref} is known on this machine`, {
      hint: `Name it with: sluice evidence add ${ref} commit=SHA`,
      details: { ref, phase },
    });
  const found = await (await context.checks()).check({ itemId, runId: run.id, results });
  if (found === "interrupted")
    throw new SluiceError("unavailable", `The check of ${ref} was interrupted and has no result`, {
      hint: `Run it again: sluice verify ${ref}`,
    });
  if (found !== "passed") return;
  const value = `passed at ${results.map(({ commit }) => commit.slice(0, 12)).join(", ")}`;
  await ask(context, addEvidence, { ref, evidence: { kind: "check", value } });
  await scanGit.run(context, { project: project.alias });
}

/** The newest commit on record in each target repository of this machine. */
async function resultsHere(
  context: Context,
  { detail, repos }: OpenedWork,
): Promise<readonly CheckedResult[]> {
  const git = await context.git();
  const results: CheckedResult[] = [];
  for (const { repoId } of detail.repos.filter(({ role }) => role === "target")) {
    const commonDir = repos.find(({ id }) => id === repoId)?.commonDir ?? undefined;
    const commit = commonDir === undefined ? undefined : (await givenCommits(git, commonDir, detail)).at(-1);
    if (commit !== undefined) results.push({ repoId, commit });
  }
  return results;
}
