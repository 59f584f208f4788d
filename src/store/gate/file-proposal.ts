import { sql } from "kysely";
import { formatActor } from "#domain/actor.ts";
import { SluiceError } from "#domain/errors.ts";
import { isClosed } from "#domain/item/lifecycle.ts";
import type { Spec } from "#domain/item/spec.ts";
import { candidateRef, formatRef } from "#domain/ref.ts";
import { searchTokens, type SearchTerm } from "#domain/text/search-tokens.ts";
import type { Candidate, GateStore, Proposal, Similar } from "#operations/ports/store/gate-store.ts";
import type { Unit } from "#store/core.ts";
import { recordEvent } from "#store/history/events.ts";
import { candidates, readCandidate, toCandidate, type CandidateRow } from "./candidate-row.ts";
import { prefixOf } from "#store/item/refs.ts";

/** Most pending candidates of one actor and source: past it a machine floods the gate. */
const MAX_PENDING = 50;
/** A rejection stands this long against the same proposal; milliseconds (90 days). */
const REJECTION_STANDS_MS = 90 * 86_400_000;
/** Similar entries shown. */
const SIMILAR = 5;

type Filed = Awaited<ReturnType<GateStore["propose"]>>;

/** Files a candidate, or answers the one that this proposal repeats. */
export async function fileCandidate(
  unit: Unit,
  proposal: Proposal,
  { unlimited = false }: { readonly unlimited?: boolean } = {},
): Promise<Filed> {
  await unit.core.dialect.lock(unit.tx, `gate:${proposal.projectId}`); // the same proposal twice at once files one
  const known = await findKnown(unit, proposal);
  if (known?.answers !== undefined) return { candidate: known.answers, similar: [], filed: false };
  if (!unlimited) await refuseFlood(unit, proposal.source);
  const similar = await findSimilar(unit, proposal);
  const candidate = await insertCandidate(unit, proposal, known?.recurs ?? null);
  return { candidate, similar, filed: true };
}

interface Known {
  /** The candidate that answers this proposal. */
  readonly answers?: Candidate;
  /** Closed item that this proposal brings up again. */
  readonly recurs?: number;
}

async function findKnown(
  unit: Unit,
  { projectId, source, external, fingerprint }: Proposal,
): Promise<Known | undefined> {
  const rows = await candidates(unit.tx)
    .where("candidate.project_id", "=", projectId)
    .where("candidate.source", "=", source)
    .where((eb) =>
      external === undefined
        ? eb("candidate.fingerprint", "=", fingerprint)
        : eb.or([
            eb.and([
              eb("candidate.external_system", "=", external.system),
              eb("candidate.external_key", "=", external.key),
            ]),
            eb.and([eb("candidate.fingerprint", "=", fingerprint), eb("candidate.state", "=", "rejected")]),
          ]),
    )
    .orderBy("candidate.id", "desc")
    .execute();
  for (const row of rows) {
    const found = await answer(unit, row);
    if (found !== undefined) return found;
  }
  return undefined;
}

async function answer(unit: Unit, row: CandidateRow): Promise<Known | undefined> {
  if (row.state === "pending") return { answers: toCandidate(row) };
  if (row.state === "rejected")
    return (row.decided_at ?? 0) > unit.now - REJECTION_STANDS_MS ? { answers: toCandidate(row) } : undefined;
  if (row.item_id === null) return undefined;
  const item = await unit.tx
    .selectFrom("item")
    .select("state")
    .where("id", "=", row.item_id)
    .executeTakeFirst();
  return item !== undefined && isClosed(item.state) ? { recurs: row.item_id } : { answers: toCandidate(row) };
}

async function refuseFlood(unit: Unit, source: string): Promise<void> {
  if (unit.by.authority === "human" || unit.by.authority === "system") return;
  const actor = formatActor(unit.by.actor);
  const { n } = await unit.tx
    .selectFrom("candidate")
    .select((eb) => eb.fn.countAll<number>().as("n"))
    .where("state", "=", "pending")
    .where("proposed_by", "=", actor)
    .where("source", "=", source)
    .executeTakeFirstOrThrow();
  if (Number(n) >= MAX_PENDING)
    throw new SluiceError(
      "limited",
      `${actor} has ${n} candidates of source ${source} waiting at the gate, at most ${MAX_PENDING} are taken`,
      {
        hint: "Wait until a person has looked at some of them",
        details: { pending: Number(n), limit: MAX_PENDING },
      },
    );
}

async function insertCandidate(unit: Unit, proposal: Proposal, recurs: number | null): Promise<Candidate> {
  const { id } = await unit.tx
    .insertInto("candidate")
    .values({
      uid: unit.core.uid(unit.now),
      project_id: proposal.projectId,
      title: proposal.title,
      spec: JSON.stringify(withoutApprovals(proposal.spec)),
      wishes: JSON.stringify(proposal.wishes),
      state: "pending",
      source: proposal.source,
      rule: proposal.rule ?? null,
      source_text: proposal.sourceText ?? null,
      external_system: proposal.external?.system ?? null,
      external_key: proposal.external?.key ?? null,
      fingerprint: proposal.fingerprint,
      proposed_by: formatActor(unit.by.actor),
      proposed_at: unit.now,
      touched_at: unit.now,
      captured_on: proposal.capturedOn ?? null,
      run_id: null,
      decided_by: null,
      decided_at: null,
      reason: null,
      item_id: null,
      recurs_id: recurs,
      event_n: 1,
    })
    .returning("id")
    .executeTakeFirstOrThrow();
  await recordEvent(unit, {
    stream: "candidate",
    streamId: id,
    n: 1,
    operation: "propose",
    changes: { title: proposal.title, source: proposal.source },
  });
  return readCandidate(unit.tx, id);
}

/** The spec with no command approved: who stands in a proposal as the approver never saw it. */
function withoutApprovals({ premises, trigger, ...spec }: Spec): Spec {
  return {
    ...spec,
    premises: premises.map((one) => (one.kind === "command" ? { kind: one.kind, run: one.run } : one)),
    ...(trigger === undefined
      ? {}
      : {
          trigger: {
            ...trigger,
            conditions: trigger.conditions.map((one) =>
              one.kind === "command" ? { kind: one.kind, run: one.run } : one,
            ),
          },
        }),
  };
}

/** Items and pending candidates with most of the title's words: a hint for whoever decides, never a refusal. */
async function findSimilar(unit: Unit, { title }: Proposal): Promise<readonly Similar[]> {
  const words = Array.from(new Set(searchTokens(title)))
    .filter((word) => word.length > 3)
    .slice(0, 6);
  if (words.length < 2) return [];
  const terms = words
    .slice(0, Math.max(2, Math.ceil(words.length * 0.7)))
    .map((token): SearchTerm => ({ kind: "word", token }));
  const { table, matches } = unit.core.dialect;
  const { rows } = await sql<{
    id: number;
    title: string;
    state: string;
  }>`select item.id, item.title, item.state from ${table("item")} item where ${matches(terms)} order by item.id desc limit ${SIMILAR}`.execute(
    unit.tx,
  );
  const waiting = await candidates(unit.tx)
    .where("candidate.state", "=", sql.lit("pending")) // as text of the statement, so that the index of what is pending fits
    .where("candidate.title", "=", title)
    .limit(SIMILAR)
    .execute();
  const prefix = await prefixOf(unit.tx);
  return [
    ...rows.map((row) => ({ ref: formatRef(prefix, row.id), title: row.title, state: row.state })),
    ...waiting.map((row) => ({ ref: candidateRef(row.id), title: row.title, state: row.state })),
  ].slice(0, SIMILAR);
}
