import { z } from "zod";
import { isClosed } from "#domain/item/lifecycle.ts";
import { laneNamed } from "#domain/lane.ts";
import { candidateRef, runRef } from "#domain/ref.ts";
import type { BudgetUnit } from "#domain/schedule/budget.ts";
import { counted } from "#domain/text/counted.ts";
import { PHASE_WORDS } from "#operations/admin/event-sentence.ts";
import type { Context } from "#operations/context.ts";
import { isoTime } from "#operations/iso-time.ts";
import { ItemRef, itemIdOf, refWriter, type RefOf } from "#operations/item/item-ref.ts";
import { defineOperation } from "#operations/operation.ts";
import { MOST_AHEAD, type Pause, type SpentBudget } from "#operations/ports/store/claim-store.ts";
import type { ItemDetail } from "#operations/ports/store/item-store.ts";
import { nextStep } from "./next-step.ts";

const Reason = z.lazy(() =>
  z.object({
    /** What kind of reason: `state`, `lane`, `leased`, `blocked`, `children`, `not_before`, `held`, `trigger`, `budget`, `archived`, `bound`, `paused`, `question`. */
    code: z.string(),
    /** One sentence for a person. */
    text: z.string(),
  }),
);
type Reason = z.output<typeof Reason>;

export const whyItem = defineOperation({
  name: "why",
  summary: "Explain why an item cannot be claimed, or how many are before it.",
  effect: "read",
  authority: "view",
  toolset: "operator",
  input: z.strictObject({ ref: ItemRef }),
  output: z.object({
    ref: z.string(),
    title: z.string(),
    claimable: z.boolean(),
    reasons: z.array(Reason),
    /** What a person does so that its review goes on, or so that it is not blocked any more; absent where somebody is at it, and for others. */
    next_step: z.string().optional(),
    /** Ready items of its project that come first; at most 1,000 are counted. */
    ahead: z.int(),
    /** There may be more before it than were counted; absent where all were. */
    more_ahead: z.boolean().optional(),
    /** Capabilities that a runner must have for it. */
    needs: z.array(z.string()),
  }),
  errors: ["not_found"],
  positional: ["ref"],
  examples: [{ command: "sluice why OB-12", does: "See what it waits for" }],
  run: async (context, { ref }) => {
    const { store } = context;
    const detail = await store.items.get({ id: await itemIdOf(store, ref) });
    const [refOf, pauses, ahead, budgets] = await Promise.all([
      refWriter(store),
      store.claims.pauses(),
      store.claims.ahead({ id: detail.item.id }),
      isClosed(detail.item.state) ? [] : store.claims.spentBudgets({ id: detail.item.id }),
    ]);
    const reasons = [
      ...(await standing(context, detail)),
      ...(await waits(context, detail, refOf)),
      ...lease(detail),
      ...(isClosed(detail.item.state) ? [] : await ofProject(context, detail)),
      ...budgets.map((budget) => ({
        code: "budget",
        text: spentText(budget, { ref: refOf(detail.item.id), project: detail.project }),
      })),
      ...pauses.filter((pause) => concerns(pause, detail.project)).map(pauseReason),
    ];
    const { item } = detail;
    return {
      ref: refOf(item.id),
      title: item.title,
      claimable: reasons.length === 0,
      reasons,
      next_step: await nextStep(store, detail, refOf),
      ahead,
      more_ahead: ahead === MOST_AHEAD || undefined,
      needs: item.needs === "" ? [] : item.needs.split(","),
    };
  },
});

async function standing({ store }: Context, { item, questions }: ItemDetail): Promise<Reason[]> {
  if (isClosed(item.state))
    return [{ code: "state", text: `It is ${item.state}, closed ${isoTime(item.closedAt)}` }];
  const is = item.phase === null ? item.state : `in review and waits for ${PHASE_WORDS[item.phase]}`;
  const state = item.state === "open" ? [] : [{ code: "state", text: `It is ${is}` }];
  const { role } = laneNamed(await store.projects.lanes(), item.lane);
  const lane =
    role === "agent"
      ? []
      : [
          {
            code: "lane",
            text: `Its lane ${item.lane} is for people (role ${role}); agents cannot claim it`,
          },
        ];
  const open = questions.filter(({ answer }) => answer === null);
  const asked = open.map(({ question, askedBy }) => ({
    code: "question",
    text: `${askedBy} asked: ${question.slice(0, 200)}`,
  }));
  return [...state, ...lane, ...asked];
}

async function waits({ store }: Context, detail: ItemDetail, refOf: RefOf): Promise<Reason[]> {
  const { item, links, children } = detail;
  const blockers = links
    .filter(({ kind, toState }) => kind === "blocked_by" && toState !== "done")
    .map(({ toKind, toId, toTitle, toState }) => ({
      code: "blocked",
      text: `It waits for ${toKind === "item" ? refOf(toId) : candidateRef(toId)} (${toState}): ${toTitle}`,
    }));
  const now = await store.now();
  // A claim finds out that another's paths are in the way, and puts the item aside: until then only the paths say so.
  const heldBy =
    item.state === "open" && item.leaseId === null
      ? await store.claims.pathHolder({ id: item.id })
      : undefined;
  return [
    ...blockers,
    ...(item.openChildren === 0
      ? []
      : [
          {
            code: "children",
            text: `${item.openChildren} of its parts are open: ${children.map(refOf).join(", ")}`,
          },
        ]),
    ...(item.notBefore === null || item.notBefore <= now
      ? []
      : [{ code: "not_before", text: `It is asleep, and wakes ${isoTime(item.notBefore)}` }]),
    ...(heldBy === undefined
      ? []
      : [{ code: "held", text: `${refOf(heldBy)} is being worked on and touches the same paths` }]),
    ...(item.waitsForTrigger
      ? [{ code: "trigger", text: "Its trigger has not fired, and it is held until then" }]
      : []),
  ];
}

/** What keeps every item of its project back. */
async function ofProject({ store }: Context, { item, project }: ItemDetail): Promise<Reason[]> {
  const { archivedAt, maxLeases } = await store.projects.byId({ id: item.projectId });
  if (archivedAt !== null)
    return [
      {
        code: "archived",
        text: `Project ${project} was archived ${isoTime(archivedAt)}; bring it back with: sluice project archive ${project} --undo`,
      },
    ];
  if (maxLeases === null || item.leaseId !== null) return [];
  const { atBound } = await store.claims.summary({ projectIds: [item.projectId] });
  return atBound.map(() => ({
    code: "bound",
    text: `Project ${project} is at its limit of ${counted(maxLeases, "lease")}; raise it with: sluice project edit ${project} --max-leases ${maxLeases + 1}`,
  }));
}

function lease({ item }: ItemDetail): Reason[] {
  if (item.holder === null || item.leaseExpiresAt === null) return [];
  const run = item.leaseRunId === null ? "" : ` (${runRef(item.leaseRunId)})`;
  const since = item.leaseAcquiredAt === null ? "" : `, claimed ${isoTime(item.leaseAcquiredAt)}`;
  return [
    {
      code: "leased",
      text: `${item.holder}${run} works on it${since}; the lease ends ${isoTime(item.leaseExpiresAt)}`,
    },
  ];
}

const concerns = ({ scope, name }: Pause, project: string): boolean =>
  scope === "workspace" || (scope === "project" && name === project);

function pauseReason({ scope, name, by, at, reason }: Pause): Reason {
  const what = scope === "workspace" ? "The workspace" : `The ${scope} ${name}`;
  const why = reason === null ? "" : `: ${reason}`;
  return { code: "paused", text: `${what} was paused ${isoTime(at)} by ${by}${why}` };
}

interface Place {
  readonly ref: string;
  readonly project: string;
}

/** Which budget is spent, how much of it, when it frees by itself, and the command that raises it. */
export function spentText({ scope, unit, limit, spent, untilMs }: SpentBudget, place: Place): string {
  const frees = untilMs === null ? "" : `; it frees ${isoTime(untilMs)}`;
  const raise = RAISE[scope](place, unit);
  return `${WHOSE[scope](place)} is spent: ${amount(unit, spent)} of ${amount(unit, limit)}${frees}; raise it with: ${raise} ${limit * 2}`;
}

const WHOSE = {
  item: () => "Its budget",
  project: ({ project }) => `The budget of project ${project}`,
  project_day: ({ project }) => `Today's budget of project ${project}`,
  workspace_day: () => "Today's budget of the workspace",
} as const satisfies Record<SpentBudget["scope"], (place: Place) => string>;

const RAISE = {
  item: ({ ref }, unit) => `sluice item edit ${ref} --max-${unit}`,
  project: ({ project }, unit) => `sluice project edit ${project} --max-${unit}`,
  project_day: ({ project }, unit) => `sluice project edit ${project} --day-${unit}`,
  workspace_day: (_place, unit) => `sluice config set day_${unit}`,
} as const satisfies Record<SpentBudget["scope"], (place: Place, unit: BudgetUnit) => string>;

function amount(unit: BudgetUnit, value: number): string {
  if (unit === "usd") return `${value.toFixed(2)} USD`;
  const places = unit === "tokens" ? 0 : 1;
  return `${value.toLocaleString("en-US", { maximumFractionDigits: places })} ${unit}`;
}
