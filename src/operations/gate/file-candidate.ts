import type { z } from "zod";
import type { Spec } from "#domain/item/spec.ts";
import type { Context } from "#operations/context.ts";
import { withCommandsOf } from "#operations/item/approve-commands.ts";
import { refWriter } from "#operations/item/item-ref.ts";
import type { Proposal } from "#operations/ports/store/gate-store.ts";
import { proposedView, type ProposedView } from "./candidate-view.ts";
import { fingerprint } from "./fingerprint.ts";

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
