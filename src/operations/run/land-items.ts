import { z } from "zod";
import { SluiceError } from "#domain/errors.ts";
import type { Context } from "#operations/context.ts";
import { ask } from "#operations/half.ts";
import { ItemRef } from "#operations/item/item-ref.ts";
import { listItems } from "#operations/item/list-items.ts";
import { defineOperation } from "#operations/operation.ts";
import type { CheckPort, LandedForPerson } from "#operations/ports/checks.ts";
import { ProjectAlias } from "#operations/project/project-of.ts";
import { openWork } from "#operations/worker/open-work.ts";

/** Results taken in one call. */
const MOST = 1_000;
/** Items read at a time. */
const PAGE = 1_000;
/** Exit code where one of them did not land: the state is not the one that was asked for. */
const NOT_ALL = 4;

const Result = z.object({
  ref: z.string(),
  result: z.enum(["landed", "waits", "returned", "refused"]),
  /** Why it did not land, and what to do. */
  note: z.string().optional(),
  commits: z.array(z.object({ repo: z.string(), target: z.string(), commit: z.string() })),
});
const Answer = z.object({ results: z.array(Result) });
type Landed = z.output<typeof Result>;

export const landItems = defineOperation({
  name: "land",
  summary: "Check and land results that wait, one after the other.",
  description:
    "Each is merged anew with the tip of its target, checked, and put there. A checkout of the target moves along, with content filters; if a file that you changed is in the way, nothing changes and the answer names it.",
  effect: "write",
  authority: "decide",
  toolset: "operator",
  place: "either",
  input: z.strictObject({
    refs: z.array(ItemRef).max(MOST).default([]).describe("Items whose results land, in this order"),
    all: z.boolean().default(false).describe("Every result that waits to land, the oldest item first"),
    project: ProjectAlias.optional().describe("With all: of this project only"),
  }),
  output: Answer,
  errors: ["not_found", "conflict"],
  positional: ["refs"],
  examples: [
    { command: "sluice land OB-12 OB-14", does: "Land two results, the second on top of the first" },
    { command: "sluice land --all", does: "Land all that wait" },
  ],
  exitCode: (answer) =>
    Answer.safeParse(answer).data?.results.some(({ result }) => result !== "landed") === true ? NOT_ALL : 0,
  run: async (context, { refs, all, project }) => {
    if (all === refs.length > 0)
      throw new SluiceError(
        "invalid",
        all ? "refs and all cannot be combined" : "refs is missing, expected refs or all",
        {
          hint: "Name results, or land every one: sluice land --all",
          details: { field: "refs", accepted: "refs, or all" },
        },
      );
    const wanted = all ? await waiting(context, project) : refs;
    const results: Landed[] = [];
    for (const ref of wanted) {
      if (context.signal?.aborted === true) break;
      context.progress?.(`${ref}, ${results.length + 1} of ${wanted.length}`);
      try {
        const { id, run } = await resultOf(context, ref);
        const landed = await (await portOf(context)).land({ itemId: id, runId: run });
        results.push(resultView(ref, landed));
      } catch (error) {
        if (!(error instanceof SluiceError) || wanted.length === 1) throw error;
        const note = error.hint === undefined ? error.message : `${error.message}. ${error.hint}`;
        results.push({ ref, result: "refused", note, commits: [] });
      }
    }
    return { results };
  },
});

async function portOf({ checks, idempotencyKey }: Context): Promise<CheckPort> {
  if (checks !== undefined && idempotencyKey === undefined) return await checks();
  throw new SluiceError(
    "conflict",
    "Results land only from the machine that has the repositories, and never under an idempotency key",
    { hint: "Run it where the checkout is: sluice land --all" },
  );
}

const resultView = (ref: string, { kind, note, commits }: LandedForPerson): Landed => ({
  ref,
  result: kind,
  note,
  commits: [...commits],
});

/** Refs of what waits to land, the oldest first. */
async function waiting(context: Context, project: string | undefined): Promise<readonly string[]> {
  const found: string[] = [];
  for (let cursor: string | null | undefined; cursor !== null;) {
    const input = listItems.input.parse({ states: ["review"], project, limit: PAGE, cursor });
    const { items, page } = await ask(context, listItems, input);
    found.push(...items.filter(({ phase }) => phase === "land").map(({ ref }) => ref));
    cursor = page.next;
  }
  return found.toSorted((a, b) => a.localeCompare(b, "en", { numeric: true }));
}

/** Who moves on what does not wait for its check or its landing. */
const ELSEWHERE: Readonly<Record<string, string>> = {
  human: "verify",
  evidence: "evidence add",
  await_git: "verify",
};

async function resultOf(context: Context, ref: string): Promise<{ id: number; run: number }> {
  const { detail, run } = await ask(context, openWork, { host: context.caller.host, of: { item: ref } });
  const { id, state, phase } = detail.item;
  if ((phase === "land" || phase === "verify") && run !== undefined) return { id, run: run.id };
  const next = ELSEWHERE[phase ?? ""] ?? "why";
  const stands = phase === null ? state : `in review and waits for ${phase}`;
  throw new SluiceError("conflict", `${ref} is ${stands}: it has no result that waits to land`, {
    hint: `Continue with: sluice ${next} ${ref}`,
    details: { ref, state, phase },
  });
}
