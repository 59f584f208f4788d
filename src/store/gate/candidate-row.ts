import { fields } from "#store/row-fields.ts";
import type { Selectable } from "kysely";
import { z } from "zod";
import { SluiceError } from "#domain/errors.ts";
import { Spec } from "#domain/item/spec.ts";
import { candidateRef } from "#domain/ref.ts";
import type { Candidate, Wishes } from "#operations/ports/store/gate-store.ts";
import type { Database, Tx } from "#store/dialect.ts";
import { actorName } from "#store/item/item-row.ts";
import type { CandidateTable } from "#store/schema.ts";

/** Wishes were checked when they were filed; so that no read fails, what was accepted then is never refused. */
const StoredWishes = z.custom<Wishes>((value) => typeof value === "object" && value !== null);

export type CandidateRow = Selectable<CandidateTable> & { readonly project: string };

export function candidates(db: Database | Tx) {
  return db
    .selectFrom("candidate")
    .innerJoin("project", "project.id", "candidate.project_id")
    .selectAll("candidate")
    .select("project.alias as project");
}

/** Refuses with `not_found`. */
export async function readCandidate(db: Database | Tx, id: number): Promise<Candidate> {
  const row = await candidates(db).where("candidate.id", "=", id).executeTakeFirst();
  if (row !== undefined) return toCandidate(row);
  throw new SluiceError("not_found", `There is no candidate ${candidateRef(id)}`, {
    hint: "List them with: sluice gate list",
    details: { ref: candidateRef(id) },
  });
}

export function toCandidate(row: CandidateRow): Candidate {
  return {
    ...fields(row, "id project_id project title state source fingerprint proposed_at decided_at reason"),
    ...fields(row, "item_id recurs_id"),
    spec: Spec.parse(JSON.parse(row.spec)),
    wishes: StoredWishes.parse(JSON.parse(row.wishes)),
    ...(row.rule === null ? {} : { rule: row.rule }),
    ...(row.source_text === null ? {} : { sourceText: row.source_text }),
    external:
      row.external_system === null || row.external_key === null
        ? null
        : { system: row.external_system, key: row.external_key },
    ...(row.captured_on === null ? {} : { capturedOn: row.captured_on }),
    proposedBy: actorName(row.proposed_by),
    decidedBy: row.decided_by === null ? null : actorName(row.decided_by),
  };
}
