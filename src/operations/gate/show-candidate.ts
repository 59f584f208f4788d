import { z } from "zod";
import type { Context } from "#operations/context.ts";
import { groundOf } from "#operations/ground/ground-of.ts";
import { refWriter } from "#operations/item/item-ref.ts";
import { defineOperation } from "#operations/operation.ts";
import type { Candidate } from "#operations/ports/store/gate-store.ts";
import { CandidateRef, candidateIdOf, candidateView, CandidateView } from "./candidate-view.ts";

export const showCandidate = defineOperation({
  name: "gate.show",
  summary: "Show what approving a candidate would accept.",
  description: "Its text, whether its premises hold now, its commands, and possible duplicates.",
  effect: "read",
  authority: "view",
  toolset: "operator",
  input: z.strictObject({ candidate: CandidateRef }),
  output: z.object({
    candidate: CandidateView,
    premises: z.array(
      z.object({
        expects: z.string(),
        /** `unchecked`: a command, which only a run tries, or the repository is not on this machine. */
        verdict: z.enum(["holds", "fails", "unchecked"]),
        found: z.string().optional(),
      }),
    ),
    similar: z.array(z.object({ ref: z.string(), title: z.string(), state: z.string() })),
  }),
  errors: ["not_found"],
  positional: ["candidate"],
  examples: [{ command: "sluice gate show C-7", does: "Read it before you decide" }],
  run: async (context, input) => {
    const { store } = context;
    const id = candidateIdOf(input.candidate);
    const candidate = await store.gate.get({ id });
    const { premises } = await groundOf(context, {
      spec: candidate.spec,
      repos: await targetsOf(context, candidate),
    });
    return {
      candidate: candidateView(candidate, await refWriter(store)),
      premises: premises.map(({ text, isChecked, found }) => ({
        expects: text,
        verdict: !isChecked
          ? ("unchecked" as const)
          : found === undefined
            ? ("holds" as const)
            : ("fails" as const),
        found,
      })),
      similar: [...(await store.gate.similar({ id }))],
    };
  },
});

/** The repositories that it names, else the project's only one. */
async function targetsOf({ store, caller }: Context, { projectId, wishes }: Candidate) {
  const repos = await store.projects.repos({ projectId, host: caller.host });
  const named = wishes.repos ?? [];
  const meant =
    named.length === 0 && repos.length === 1 ? repos : repos.filter(({ alias }) => named.includes(alias));
  return meant.map(({ id, alias }) => ({ repoId: id, alias, role: "target" as const }));
}
