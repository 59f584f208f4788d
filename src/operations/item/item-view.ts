import { z } from "zod";
import { candidateRef, runRef } from "#domain/ref.ts";
import { isoTime, IsoTime } from "#operations/iso-time.ts";
import type { Store } from "#operations/ports/store.ts";
import type { ItemDetail, Link, Note, Question, Plan } from "#operations/ports/store/item-store.ts";
import { BudgetView } from "#operations/project/project-view.ts";
import { ItemCard, itemCard } from "./item-card.ts";
import { refWriter, type RefOf } from "./item-ref.ts";
import { specView, SpecView } from "./spec-view.ts";

export const NoteView = z.lazy(() =>
  z.object({
    actor: z.string(),
    at: IsoTime,
    run: z.string().optional(),
    kind: z.string(),
    by_holder: z.boolean(),
    body: z.string(),
  }),
);

const QuestionView = z.lazy(() =>
  z.object({
    question: z.string(),
    options: z.array(z.string()),
    default_option: z.string().optional(),
    default_allowed_by: z.string().optional(),
    deadline: IsoTime.optional(),
    asked_of: z.string().optional(),
    asked_by: z.string(),
    asked_at: IsoTime,
    answer: z.string().optional(),
    reason: z.string().optional(),
    answered_by: z.string().optional(),
    answered_at: IsoTime.optional(),
  }),
);

/** An item with all that belongs to it. */
export const ItemView = z.lazy(() =>
  ItemCard.unwrap().extend({
    spec: SpecView,
    budget: BudgetView.optional(),
    granted_by: z.string().optional(),
    repos: z.array(z.object({ alias: z.string(), role: z.enum(["target", "context"]) })),
    paths: z.array(z.object({ pattern: z.string(), repo: z.string().optional() })),
    links: z.array(z.object({ kind: z.string(), to: z.string(), title: z.string(), state: z.string() })),
    blocks: z.array(z.string()),
    children: z.array(z.string()),
    notes: z.array(NoteView),
    plan: PlanView.optional(),
    questions: z.array(QuestionView),
    evidence: z.array(
      z.object({
        kind: z.string(),
        value: z.string(),
        actor: z.string(),
        at: IsoTime,
        run: z.string().optional(),
      }),
    ),
    candidate: z.string().optional(),
    captured_on: z.string().optional(),
  }),
);

/** Every operation that changes one item answers it so. */
export const ItemAnswer = z.object({ item: ItemView });

export async function itemAnswer(store: Store, detail: ItemDetail): Promise<z.input<typeof ItemAnswer>> {
  return { item: itemView(detail, await refWriter(store)) };
}

export function itemView(detail: ItemDetail, refOf: RefOf): z.input<typeof ItemView> {
  const aliasOf = (repoId: number) => detail.repos.find((repo) => repo.repoId === repoId)?.alias;
  return {
    ...itemCard(detail.item, detail.project, refOf),
    spec: specView(detail.spec),
    budget: detail.item.budget ?? undefined,
    granted_by: detail.grantBy ?? undefined,
    repos: detail.repos.map(({ alias, role }) => ({ alias, role })),
    paths: detail.paths.map(({ pattern, repoId }) => ({ pattern, repo: aliasOf(repoId) })),
    links: detail.links.map((link) => linkView(link, refOf)),
    blocks: detail.blocks.map(refOf),
    children: detail.children.map(refOf),
    notes: detail.notes.map(noteView),
    plan: detail.plan === null ? undefined : planView(detail.plan),
    questions: detail.questions.map(questionView),
    evidence: detail.evidence.map(({ kind, value, actor, at, runId }) => ({
      kind,
      value,
      actor,
      at: isoTime(at),
      run: runOf(runId),
    })),
    candidate: detail.candidateId === null ? undefined : candidateRef(detail.candidateId),
    captured_on: detail.capturedOn ?? undefined,
  };
}

const runOf = (runId: number | null) => (runId === null ? undefined : runRef(runId));

export function noteView({ actor, at, runId, kind, byHolder, body }: Note): z.input<typeof NoteView> {
  return { actor, at: isoTime(at), run: runOf(runId), kind, by_holder: byHolder, body };
}

function linkView({ kind, toKind, toId, toTitle, toState }: Link, refOf: RefOf) {
  return { kind, to: toKind === "item" ? refOf(toId) : candidateRef(toId), title: toTitle, state: toState };
}

function questionView(question: Question): z.input<typeof QuestionView> {
  return {
    question: question.question,
    options: [...question.options],
    default_option: question.defaultOption ?? undefined,
    default_allowed_by: question.defaultAllowedBy ?? undefined,
    deadline: isoTime(question.deadline),
    asked_of: question.askedOf ?? undefined,
    asked_by: question.askedBy,
    asked_at: isoTime(question.askedAt),
    answer: question.answer ?? undefined,
    reason: question.reason ?? undefined,
    answered_by: question.answeredBy ?? undefined,
    answered_at: isoTime(question.answeredAt),
  };
}

/** One version of a plan; versions never change. */
export const PlanView = z.lazy(() =>
  z.object({
    version: z.int(),
    body: z.string(),
    actor: z.string(),
    at: IsoTime,
    run: z.string().optional(),
  }),
);

export function planView({ version, body, actor, at, runId }: Plan): z.input<typeof PlanView> {
  return { version, body, actor, at: isoTime(at), run: runId === null ? undefined : runRef(runId) };
}
