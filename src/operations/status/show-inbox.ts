import { z } from "zod";
import type { Item } from "#domain/item/item.ts";
import type { LaneRole } from "#domain/lane.ts";
import { candidateRef } from "#domain/ref.ts";
import { isLeftToPerson, nextStep } from "#operations/claim/next-step.ts";
import type { Context } from "#operations/context.ts";
import { refWriter, type RefOf } from "#operations/item/item-ref.ts";
import { isoTime, IsoTime } from "#operations/iso-time.ts";
import { defineOperation } from "#operations/operation.ts";
import type { Candidate } from "#operations/ports/store/gate-store.ts";
import type { ItemDetail, ItemFilter } from "#operations/ports/store/item-store.ts";
import type { Page } from "#operations/ports/store/page.ts";
import { namedProject, ProjectAlias } from "#operations/project/project-of.ts";
import { GIT_PATIENCE_MS } from "./show-status.ts";

const KINDS = [
  "gate",
  "decision",
  "review",
  "manual",
  "triage",
  "parked",
  "landing",
  "blocked",
  "silent",
] as const;
type Kind = (typeof KINDS)[number];

const Entry = z.object({
  kind: z.enum(KINDS),
  ref: z.string(),
  title: z.string(),
  project: z.string(),
  /** Since when it waits for a person. */
  since: IsoTime,
  /** The question's deadline has passed. */
  overdue: z.boolean(),
  /** What is asked, or what stopped it. */
  what: z.string().optional(),
  /** What to do. */
  next: z.string(),
});
type InboxEntry = z.input<typeof Entry>;

/** Items and candidates that are read at a time. */
const PAGE = 500;

export const showInbox = defineOperation({
  name: "inbox",
  summary: "List all that waits for a person, what waits longest first.",
  description:
    "Candidates at the gate, decisions, results to look at, manual work, triage, what was parked, what is left to a person to land or unblock, and items whose holder gives no sign of life.",
  effect: "read",
  authority: "view",
  toolset: "operator",
  input: z.strictObject({
    project: ProjectAlias.optional(),
    kinds: z.array(z.enum(KINDS)).optional().describe("Only this kind"),
    limit: z.int().min(1).max(PAGE).default(50).describe(`Entries shown, 1 to ${PAGE}`),
  }),
  output: z.object({
    entries: z.array(Entry),
    /** Entries of each kind, the ones not shown included; a kind without any is left out. */
    counts: z.partialRecord(z.enum(KINDS), z.int()),
  }),
  errors: ["not_found"],
  examples: [
    { command: "sluice inbox", does: "Show what waits for you" },
    { command: "sluice inbox --kind decision", does: "Show the questions" },
  ],
  run: async (context, { project: alias, kinds, limit }) => {
    const project = await namedProject(context, alias);
    const wanted = new Set<Kind>(kinds ?? KINDS);
    const all = [
      ...(wanted.has("gate") ? await atGate(context, project?.id) : []),
      ...(await waitingItems(context, project?.id, wanted)),
    ];
    const counts: Partial<Record<Kind, number>> = {};
    for (const { kind } of all) counts[kind] = (counts[kind] ?? 0) + 1;
    const sorted = all.toSorted((a, b) => a.at - b.at).slice(0, limit);
    return { entries: await Promise.all(sorted.map(({ entry }) => entry())), counts };
  },
});

/** Something that waits; its text is made only where it is shown. */
interface Waits {
  readonly kind: Kind;
  /** Epoch milliseconds. */
  readonly at: number;
  readonly entry: () => Promise<InboxEntry>;
}

/** All pages of a list. */
async function everything<T>(read: (cursor: string | undefined) => Promise<Page<T>>): Promise<readonly T[]> {
  const found: T[] = [];
  for (let cursor: string | undefined, more = true; more;) {
    const page = await read(cursor);
    found.push(...page.items);
    cursor = page.next ?? undefined;
    more = cursor !== undefined;
  }
  return found;
}

async function atGate({ store }: Context, projectId: number | undefined): Promise<readonly Waits[]> {
  const pending = await everything<Candidate>((cursor) =>
    store.gate.list({ states: ["pending"], projectId, page: { limit: PAGE, cursor } }),
  );
  return pending.map(({ id, title, project, proposedAt }) => {
    const ref = candidateRef(id);
    const next = `sluice gate show ${ref}`;
    const entry = {
      kind: "gate" as const,
      ref,
      title,
      project,
      since: isoTime(proposedAt),
      overdue: false,
      next,
    };
    return { kind: "gate", at: proposedAt, entry: () => Promise.resolve(entry) };
  });
}

const OF_ROLE = {
  triage: "triage",
  decision: "decision",
  investigation: "parked",
  manual: "manual",
} as const satisfies Partial<Record<LaneRole, Kind>>;

type Listed = Item & { readonly project: string };

async function waitingItems(
  context: Context,
  projectId: number | undefined,
  wanted: ReadonlySet<Kind>,
): Promise<readonly Waits[]> {
  const { store } = context;
  const [lanes, now, refOf] = await Promise.all([store.projects.lanes(), store.now(), refWriter(store)]);
  const roles = new Map(lanes.map(({ name, role }) => [name, role]));
  const list = (filter: ItemFilter) =>
    everything<Listed>((cursor) =>
      store.items.list({ filter: { ...filter, projectId }, page: { limit: PAGE, cursor } }),
    );
  const human = lanes.filter(({ role }) => role !== "agent").map(({ name }) => name);
  const found = [
    ...(await list({ states: ["open"], lanes: human })),
    ...(await list({ states: ["review", "blocked"] })),
    ...(await list({ states: ["open"], leased: true })),
  ];
  const known = new Map(found.map((item) => [item.id, item]));
  return [...known.values()].flatMap((item) => {
    const kind = kindOf(item, { now, role: roles.get(item.lane) });
    if (kind === undefined || !wanted.has(kind)) return [];
    const at = kind === "decision" || kind === "silent" ? item.updatedAt : sinceOf(item);
    return [{ kind, at, entry: () => entryOf(context, { item, kind, at, now, refOf }) }];
  });
}

/** What came to its lane with its making waits since then, whatever was noted on it; else since it last changed. */
const sinceOf = ({ state, createdAt, attempts, updatedAt }: Item): number =>
  state === "open" && attempts === 0 ? createdAt : updatedAt;

function kindOf(
  item: Item,
  { now, role }: { readonly now: number; readonly role: LaneRole | undefined },
): Kind | undefined {
  const { state, phase, leaseId, leaseExpiresAt, notBefore, updatedAt } = item;
  if (state === "open" && leaseId !== null) return (leaseExpiresAt ?? now) <= now ? "silent" : undefined;
  if (state === "open")
    return role === undefined || role === "agent" || (notBefore ?? 0) > now ? undefined : OF_ROLE[role];
  if (state === "blocked") return item.openBlockers === 0 ? "blocked" : undefined;
  if (phase === "human" || phase === "evidence") return "review";
  if (leaseId !== null) return undefined;
  if (phase === "await_git") return updatedAt < now - GIT_PATIENCE_MS ? "landing" : undefined;
  return isLeftToPerson(item) ? "landing" : undefined;
}

interface Shown {
  readonly item: Listed;
  readonly kind: Kind;
  readonly at: number;
  readonly now: number;
  readonly refOf: RefOf;
}

async function entryOf({ store }: Context, { item, kind, at, now, refOf }: Shown): Promise<InboxEntry> {
  const detail = await store.items.get({ id: item.id });
  const ref = refOf(item.id);
  const question = detail.questions.findLast(({ answeredAt }) => answeredAt === null);
  const step = kind === "landing" || kind === "blocked" ? await nextStep(store, detail, refOf) : undefined;
  return {
    kind,
    ref,
    title: item.title,
    project: item.project,
    since: isoTime(question?.askedAt ?? at),
    overdue: question !== undefined && question.deadline !== null && question.deadline <= now,
    what: kind === "decision" ? question?.question : stoppedBy(detail, kind),
    next: step ?? COMMANDS[kind](ref),
  };
}

/** What a person is told first of an item that came back. */
function stoppedBy({ notes }: ItemDetail, kind: Kind): string | undefined {
  if (kind !== "triage" && kind !== "parked" && kind !== "review") return undefined;
  const note = notes.findLast((one) => ["park", "return", "block", "finish", "review"].includes(one.kind));
  return note?.body.split("\n")[0];
}

const COMMANDS: Readonly<Record<Kind, (ref: string) => string>> = {
  gate: (ref) => `sluice gate show ${ref}`,
  decision: (ref) => `sluice decide ${ref} --answer TEXT --reason TEXT`,
  review: (ref) => `sluice verify ${ref}, or sluice return ${ref} --changes TEXT`,
  manual: (ref) => `sluice item close ${ref} --reason TEXT`,
  triage: (ref) => `sluice item move ${ref} --lane LANE`,
  parked: (ref) => `sluice item show ${ref}`,
  landing: (ref) => `sluice land ${ref}`,
  blocked: (ref) => `sluice item unblock ${ref}`,
  silent: (ref) => `sluice why ${ref}`,
};
