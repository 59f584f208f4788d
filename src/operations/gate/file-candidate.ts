import type { z } from "zod";
import type { Spec } from "#domain/item/spec.ts";
import { searchTokens } from "#domain/text/search-tokens.ts";
import { sha256 } from "#domain/text/sha256.ts";
import type { Context } from "#operations/context.ts";
import { withCommandsOf } from "#operations/item/approve-commands.ts";
import { refWriter } from "#operations/item/item-ref.ts";
import type { Proposal } from "#operations/ports/store/gate-store.ts";
import { proposedView, type ProposedView } from "./candidate-view.ts";

/** Files a proposal at the gate; commands in it are approved by nobody yet. */
export async function fileCandidate(
  context: Context,
  proposal: Omit<Proposal, "fingerprint">,
): Promise<z.input<typeof ProposedView>> {
  const spec: Spec = withCommandsOf(proposal.spec, undefined);
  const answer = await context.store.gate.propose({
    by: context.caller,
    proposal: { ...proposal, spec, fingerprint: await fingerprint(proposal.projectId, proposal.title, spec) },
  });
  return proposedView(answer, await refWriter(context.store));
}

/** What makes two proposals the same: sha256 hex of project, title, problem and steps, without case, accents and marks. */
export async function fingerprint(projectId: number, title: string, spec: Spec): Promise<string> {
  const parts = [title, spec.problem ?? "", ...spec.steps.map((step) => step.text)];
  const text = [String(projectId), ...parts.map((part) => searchTokens(part).join(" "))].join("\n");
  // A title of marks only has no search words: then the title itself decides.
  const exact = searchTokens(title).length === 0 ? `${text}\n${title}` : text;
  return await sha256(exact);
}
