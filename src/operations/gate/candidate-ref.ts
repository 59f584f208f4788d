import { z } from "zod";
import { invalidField } from "#domain/errors.ts";
import { parseRef } from "#domain/ref.ts";

export const CandidateRef = z.string().max(40).describe("Ref of the candidate, such as C-7");
export const CandidateRefs = z.array(CandidateRef).min(1).max(100).meta({ flag: "candidate" });

/** The number of a candidate. Refuses with `invalid` the ref of anything else. */
export function candidateIdOf(ref: string): number {
  const { kind, number } = parseRef(ref);
  if (kind === "candidate") return number;
  throw invalidField("candidate", ref, "the ref of a candidate such as C-7");
}
