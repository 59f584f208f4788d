import { z } from "zod";
import { invalidField } from "#domain/errors.ts";
import { candidateRef, parseRef } from "#domain/ref.ts";
import { isoTime, IsoTime } from "#operations/iso-time.ts";
import { FieldViews, fieldViews } from "#operations/item/item-card.ts";
import type { RefOf } from "#operations/item/item-ref.ts";
import { specView, SpecView } from "#operations/item/spec-view.ts";
import { type Candidate, CANDIDATE_STATES, type Similar } from "#operations/ports/store/gate-store.ts";

export const CandidateRef = z.string().max(40).describe("Ref of the candidate, such as C-7");
export const CandidateRefs = z
  .array(z.string().max(40).describe("Ref of a candidate, or a range such as C-1..C-28"))
  .min(1)
  .max(100)
  .meta({ flag: "candidate" });

/** Most candidates that one range names. */
const MAX_RANGE = 1_000;

/** The number of a candidate. Refuses with `invalid` the ref of anything else. */
export function candidateIdOf(ref: string): number {
  const { kind, number } = parseRef(ref, "candidate");
  if (kind === "candidate") return number;
  throw invalidField("candidate", ref, "the ref of a candidate such as C-7");
}

/** The numbers that refs and ranges name, each once, and whether one was named by a range, in which what is not there is passed over. */
export function candidateIdsOf(refs: readonly string[]): ReadonlyMap<number, { readonly inRange: boolean }> {
  const ids = new Map<number, { readonly inRange: boolean }>();
  for (const ref of refs) {
    const [first = "", last, ...rest] = ref.split("..");
    const [from, to] = [candidateIdOf(first), candidateIdOf(last ?? first)];
    if (rest.length > 0 || to < from || to - from >= MAX_RANGE)
      throw invalidField("candidate", ref, `a range such as C-1..C-28, of at most ${MAX_RANGE} candidates`);
    for (let id = from; id <= to; id += 1)
      if (!ids.has(id) || last === undefined) ids.set(id, { inRange: last !== undefined });
  }
  return ids;
}

/** Proposed work, with where it came from and what the gate decided. */
export const CandidateView = z.lazy(() =>
  z.object({
    ref: z.string(),
    title: z.string(),
    state: z.enum(CANDIDATE_STATES),
    project: z.string(),
    spec: SpecView,
    wishes: z.object({
      lane: z.string().optional(),
      kind: z.string().optional(),
      type: z.string().optional(),
      ...FieldViews.unwrap().shape,
      repos: z.array(z.string()),
      paths: z.array(z.object({ pattern: z.string(), repo: z.string().optional() })),
    }),
    source: z.string(),
    rule: z.string().optional(),
    source_text: z.string().optional(),
    external_ref: z.object({ system: z.string(), key: z.string() }).optional(),
    captured_on: z.string().optional(),
    proposed_by: z.string(),
    proposed_at: IsoTime,
    decided_by: z.string().optional(),
    decided_at: IsoTime.optional(),
    reason: z.string().optional(),
    item: z.string().optional(),
    recurs: z.string().optional(),
  }),
);

/** A freshly filed candidate names what it may be a duplicate of. */
export const ProposedView = z.lazy(() =>
  CandidateView.unwrap().extend({
    /** False when an equal proposal was there already and this is it. */
    filed: z.boolean(),
    similar: z.array(z.object({ ref: z.string(), title: z.string(), state: z.string() })),
  }),
);

export function candidateView(candidate: Candidate, refOf: RefOf): z.input<typeof CandidateView> {
  const { wishes } = candidate;
  const ref = (id: number | null) => (id === null ? undefined : refOf(id));
  return {
    ref: candidateRef(candidate.id),
    title: candidate.title,
    state: candidate.state,
    project: candidate.project,
    spec: specView(candidate.spec),
    wishes: {
      lane: wishes.lane,
      kind: wishes.kind,
      type: wishes.type,
      ...fieldViews(wishes),
      repos: [...(wishes.repos ?? [])],
      paths: [...(wishes.paths ?? [])],
    },
    source: candidate.source,
    rule: candidate.rule,
    source_text: candidate.sourceText,
    external_ref: candidate.external ?? undefined,
    captured_on: candidate.capturedOn,
    proposed_by: candidate.proposedBy,
    proposed_at: isoTime(candidate.proposedAt),
    decided_by: candidate.decidedBy ?? undefined,
    decided_at: isoTime(candidate.decidedAt),
    reason: candidate.reason ?? undefined,
    item: ref(candidate.itemId),
    recurs: ref(candidate.recursId),
  };
}

export function proposedView(
  answer: { candidate: Candidate; similar: readonly Similar[]; filed: boolean },
  refOf: RefOf,
): z.input<typeof ProposedView> {
  return {
    ...candidateView(answer.candidate, refOf),
    filed: answer.filed,
    similar: answer.similar.map(({ ref, title, state }) => ({ ref, title, state })),
  };
}
