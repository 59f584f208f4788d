import { z } from "zod";
import { invalidField } from "#domain/errors.ts";
import { parseRef } from "#domain/ref.ts";

export const RunRef = z.string().max(40).describe("Ref of the run, such as R-31");

/** The number of a run. Refuses with `invalid` the ref of anything else. */
export function runIdOf(ref: string): number {
  const { kind, number } = parseRef(ref);
  if (kind === "run") return number;
  throw invalidField("run", ref, "the ref of a run such as R-31");
}
