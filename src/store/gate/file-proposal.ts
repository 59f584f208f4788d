import { sql, type Insertable } from "kysely";
import { formatActor } from "#domain/actor.ts";
import { SluiceError } from "#domain/errors.ts";
import { isClosed, type ItemState } from "#domain/item/lifecycle.ts";
import type { Spec } from "#domain/item/spec.ts";
import { candidateRef, formatRef } from "#domain/ref.ts";
import { searchTokens, type SearchTerm } from "#domain/text/search-tokens.ts";
import type { Candidate, GateStore, Proposal, Similar } from "#operations/ports/store/gate-store.ts";
import type { Unit } from "#store/core.ts";
import type { Database, StoreDialect, Tx } from "#store/dialect.ts";
import { recordEvents } from "#store/history/events.ts";
import type { CandidateTable } from "#store/schema.ts";
import { candidates, toCandidate, type CandidateRow } from "./candidate-row.ts";
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
  const similar = await findSimilar(unit.tx, unit.core.dialect, { title: proposal.title });
  const [one] = await fileCandidates(unit, [proposal], { unlimited });
  if (one === undefined) throw new TypeError("A proposal was filed and not answered");
  return { ...one, similar: one.filed ? similar : [] };
}

/** Files candidates one after the other, each against those before it too. At most some hundreds, as many as one statement may bind. */
export async function fileCandidates(
  unit: Unit,
  proposals: readonly Proposal[],
  { unlimited = false }: { readonly unlimited?: boolean } = {},
): Promise<readonly Omit<Filed, "similar">[]> {
  for (const projectId of new Set(proposals.map((one) => one.projectId)))
    await unit.core.dialect.lock(unit.tx, `gate:${projectId}`); // the same proposal twice at once files one
  const known = await knownCandidates(unit, proposals);
  const answers: (Candidate | undefined)[] = [];
  const rows: NewCandidate[] = [];
  const byIdentity = new Map<string, string>();
  for (const proposal of proposals) {
    const found = known(proposal);
    const identity = identityOf(proposal);
    answers.push(found?.answers);
    if (found?.answers !== undefined || byIdentity.has(identity)) continue;
    const row = candidateRow(unit, proposal, found?.recurs ?? null);
    byIdentity.set(identity, row.uid);
    rows.push(row);
  }
  if (!unlimited) await refuseFlood(unit, rows);
  const filed = await insertCandidates(unit, rows);
  const taken = new Set<string>();
  return proposals.map((proposal, at) => {
    const uid = byIdentity.get(identityOf(proposal)) ?? "";
    const candidate = answers[at] ?? filed.get(uid);
    if (candidate === undefined) throw new TypeError("A candidate was written and not answered");
    const isFirst = answers[at] === undefined && !taken.has(uid);
    if (isFirst) taken.add(uid);
    return { candidate, filed: isFirst };
  });
}

/** What no two pending candidates of a project and source share. */
const identityOf = ({ projectId, source, external, fingerprint }: Proposal): string =>
  JSON.stringify([
    projectId,
    source,
    ...(external === undefined ? [fingerprint] : [external.system, external.key]),
  ]);

interface Known {
  /** The candidate that answers a proposal. */
  readonly answers?: Candidate;
  /** Closed item that a proposal brings up again. */
  readonly recurs?: number;
}

type KnownRow = CandidateRow & { readonly item_state: ItemState | null };

/** Reads at once what may answer any of the proposals. */
async function knownCandidates(
  unit: Unit,
  proposals: readonly Proposal[],
): Promise<(proposal: Proposal) => Known | undefined> {
  const keys = proposals.flatMap(({ external }) => (external === undefined ? [] : [external.key]));
  const prints = proposals.map(({ fingerprint }) => fingerprint);
  const select = () =>
    candidates(unit.tx)
      .leftJoin("item", "item.id", "candidate.item_id")
      .select("item.state as item_state")
      .orderBy("candidate.id", "desc");
  const byKey: KnownRow[] =
    keys.length === 0 ? [] : await select().where("candidate.external_key", "in", keys).execute();
  const byPrint: KnownRow[] = await select().where("candidate.fingerprint", "in", prints).execute();
  return ({ projectId, source, external, fingerprint }) => {
    const rows = [
      ...byKey.filter((row) => row.external_system === external?.system && row.external_key === external.key),
      ...byPrint.filter(
        (row) => row.fingerprint === fingerprint && (external === undefined || row.state === "rejected"),
      ),
    ].filter((row) => row.project_id === projectId && row.source === source);
    for (const row of rows.toSorted((a, b) => b.id - a.id)) {
      const found = answer(row, unit.now);
      if (found !== undefined) return found;
    }
    return undefined;
  };
}

function answer(row: KnownRow, now: number): Known | undefined {
  if (row.state === "pending") return { answers: toCandidate(row) };
  if (row.state === "rejected")
    return (row.decided_at ?? 0) > now - REJECTION_STANDS_MS ? { answers: toCandidate(row) } : undefined;
  if (row.item_id === null || row.item_state === null) return undefined;
  return isClosed(row.item_state) ? { recurs: row.item_id } : { answers: toCandidate(row) };
}

async function refuseFlood(unit: Unit, rows: readonly NewCandidate[]): Promise<void> {
  if (unit.by.authority === "human" || unit.by.authority === "system") return;
  const actor = formatActor(unit.by.actor);
  for (const [source, more] of Map.groupBy(rows, (row) => row.source)) {
    const { n } = await unit.tx
      .selectFrom("candidate")
      .select((eb) => eb.fn.countAll<number>().as("n"))
      .where("state", "=", "pending")
      .where("proposed_by", "=", actor)
      .where("source", "=", source)
      .executeTakeFirstOrThrow();
    if (Number(n) + more.length <= MAX_PENDING) continue;
    throw new SluiceError(
      "limited",
      `${actor} has ${n} candidates of source ${source} waiting at the gate, the limit is ${MAX_PENDING}`,
      {
        hint: "Wait until a person has looked at some of them",
        details: { pending: Number(n), limit: MAX_PENDING },
      },
    );
  }
}

type NewCandidate = Insertable<CandidateTable>;

function candidateRow(unit: Unit, proposal: Proposal, recurs: number | null): NewCandidate {
  return {
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
  };
}

/** @returns by uid */
async function insertCandidates(
  unit: Unit,
  rows: readonly NewCandidate[],
): Promise<ReadonlyMap<string, Candidate>> {
  if (rows.length === 0) return new Map();
  const written = await unit.tx
    .insertInto("candidate")
    .values([...rows])
    .returningAll()
    .execute();
  const projects = await unit.tx
    .selectFrom("project")
    .select(["id", "alias"])
    .where("id", "in", Array.from(new Set(written.map((row) => row.project_id))))
    .execute();
  const aliases = new Map(projects.map(({ id, alias }) => [id, alias]));
  const ordered = written.toSorted((a, b) => a.id - b.id);
  await recordEvents(
    unit,
    ordered.map(({ id, title, source }) => ({
      stream: "candidate",
      streamId: id,
      n: 1,
      operation: "propose",
      changes: { title, source },
    })),
  );
  return new Map(
    ordered.map((row) => [row.uid, toCandidate({ ...row, project: aliases.get(row.project_id) ?? "" })]),
  );
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
export async function findSimilar(
  db: Database | Tx,
  dialect: StoreDialect,
  { title, projectId, except }: { title: string; projectId?: number; except?: number },
): Promise<readonly Similar[]> {
  const words = Array.from(new Set(searchTokens(title)))
    .filter((word) => word.length > 3)
    .slice(0, 6);
  if (words.length < 2) return [];
  const terms = words
    .slice(0, Math.max(2, Math.ceil(words.length * 0.7)))
    .map((token): SearchTerm => ({ kind: "word", token }));
  const { table, matches } = dialect;
  const inside = projectId === undefined ? sql`true` : sql`item.project_id = ${projectId}`;
  const { rows } = await sql<{
    id: number;
    title: string;
    state: string;
  }>`select item.id, item.title, item.state from ${table("item")} item where ${matches(terms)} and ${inside} order by item.id desc limit ${SIMILAR}`.execute(
    db,
  );
  const waiting = await candidates(db)
    .where("candidate.state", "=", sql.lit("pending")) // as text of the statement, so that the index of what is pending fits
    .where("candidate.title", "=", title)
    .$if(projectId !== undefined, (q) => q.where("candidate.project_id", "=", projectId ?? 0))
    .$if(except !== undefined, (q) => q.where("candidate.id", "<>", except ?? 0))
    .limit(SIMILAR)
    .execute();
  const prefix = await prefixOf(db);
  return [
    ...rows.map((row) => ({ ref: formatRef(prefix, row.id), title: row.title, state: row.state })),
    ...waiting.map((row) => ({ ref: candidateRef(row.id), title: row.title, state: row.state })),
  ].slice(0, SIMILAR);
}
