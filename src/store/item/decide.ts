import type { Selectable } from "kysely";
import { formatActor, type ActorName } from "#domain/actor.ts";
import { requireHuman } from "#domain/caller.ts";
import { SluiceError } from "#domain/errors.ts";
import type { Item } from "#domain/item/item.ts";
import { nextState, type GivenState } from "#domain/item/lifecycle.ts";
import { laneNamed, laneOfRole, type Lane } from "#domain/lane.ts";
import type { ItemStore } from "#operations/ports/store/item-store.ts";
import { saveItem } from "./save-item.ts";
import type { Unit } from "#store/core.ts";
import { NO_LEASE, NOT_ASKED } from "./item-row.ts";
import { lockItem, replaceItem, type SaveOptions } from "./item-save.ts";
import { addNote } from "./notes.ts";
import { projectPolicy } from "#store/project/project-row.ts";
import { refOf } from "./refs.ts";
import type { QuestionTable } from "#store/schema.ts";

type Question = Selectable<QuestionTable>;

/** Who takes a default when nobody answered in time. */
const DEADLINE: ActorName = "system:deadline";
const BY_DEFAULT = "By default at the deadline";

/** An answer, who gives it, and where the item goes on. */
interface Decision {
  readonly answer: string;
  readonly reason: string;
  readonly by: ActorName;
  readonly to: Lane;
  readonly state: GivenState;
}

export async function decideItem(
  unit: Unit,
  { id, answer, reason, lane }: Parameters<ItemStore["decide"]>[0],
): Promise<void> {
  requireHuman(unit.by, "answer a question");
  const item = await lockItem(unit, id);
  const state = nextState(item.state, "decide", await refOf(unit.tx, id));
  const open = await openQuestion(unit, id);
  const from = laneNamed(unit.lanes, item.lane);
  if (open === undefined && from.role !== "decision") throw await nothingAsked(unit, item);
  const to = laneNamed(
    unit.lanes,
    lane ?? item.resumeLane ?? (open === undefined ? laneOfRole(unit.lanes, "triage").name : item.lane),
  );
  const by = formatActor(unit.by.actor);
  await settle(
    unit,
    item,
    open,
    { answer, reason, by, to, state },
    {
      run: { ends: "released", reason: answer },
      ...(to.role === "agent" ? { grantBy: by } : {}),
    },
  );
}

/**
 * Takes the default of an item whose question nobody answered in time, once: whoever looks at the item first. Leaves the question open
 * where the project's people no longer allow it.
 */
export async function takeDefault(unit: Unit, item: Item): Promise<Item> {
  const open = await openQuestion(unit, item.id);
  const answer = open?.default_option ?? null;
  const { policy } = await projectPolicy(unit.tx, item.projectId);
  if (answer === null || policy.questionDefaultsBy === undefined)
    return replaceItem(unit, item, { takesDefault: false });
  const state = nextState(item.state, "decide", await refOf(unit.tx, item.id));
  const decision = { state, answer, reason: BY_DEFAULT, by: DEADLINE, to: await laneBefore(unit, item) };
  return settle(unit, item, open, decision, { operation: "decide", actor: DEADLINE });
}

function openQuestion(unit: Unit, itemId: number): Promise<Question | undefined> {
  return unit.tx
    .selectFrom("question")
    .selectAll()
    .where("item_id", "=", itemId)
    .where("answered_at", "is", null)
    .executeTakeFirst();
}

async function settle(
  unit: Unit,
  item: Item,
  open: Question | undefined,
  { answer, reason, by, to, state }: Decision,
  options: SaveOptions,
): Promise<Item> {
  if (open !== undefined)
    await unit.tx
      .updateTable("question")
      .set({ answer, reason, answered_by: by, answered_at: unit.now })
      .where("id", "=", open.id)
      .execute();
  const said = open === undefined ? answer : `${open.question}\n\nAnswer: ${answer}`;
  await addNote(unit, item.id, { kind: "decision", body: `${said}\n\n${reason}`, actor: by });
  const stays = item.state === "blocked" && item.openBlockers > 0;
  const change = { ...(stays ? {} : { state }), lane: to.name, ...NOT_ASKED, ...NO_LEASE } as const;
  return saveItem(unit, item, change, { facts: { answer, reason }, ...options });
}

/** The lane that the question was asked from, if it is still there and a grant of it still stands; else triage. */
async function laneBefore(unit: Unit, item: Item): Promise<Lane> {
  const { grant_by: grantBy } = await unit.tx
    .selectFrom("item")
    .select("grant_by")
    .where("id", "=", item.id)
    .executeTakeFirstOrThrow();
  const lane = unit.lanes.find(({ name }) => name === item.resumeLane);
  const stands = lane !== undefined && (lane.role !== "agent" || grantBy !== null);
  return stands ? lane : laneOfRole(unit.lanes, "triage");
}

async function nothingAsked(unit: Unit, { id, state, lane }: Item): Promise<SluiceError> {
  return new SluiceError("conflict", `Nothing is asked on ${await refOf(unit.tx, id)}, in lane ${lane}`, {
    hint: "Say what you know in a note, or move it with: sluice item move",
    details: { state, lane },
  });
}
