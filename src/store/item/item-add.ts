import { formatActor, type ActorName } from "#domain/actor.ts";
import { requireHuman } from "#domain/caller.ts";
import { invalidField, SluiceError } from "#domain/errors.ts";
import {
  AT_FIRST,
  EDITABLE,
  EDITABLE_FIELDS,
  type EditableField,
  type Item,
  type ItemFields,
} from "#domain/item/item.ts";
import { JOB_KINDS, type KindClass } from "#domain/kind.ts";
import { laneNamed, laneOfRole, type Lane } from "#domain/lane.ts";
import { virtualDeadline } from "#domain/schedule/claim-order.ts";
import { literalPrefix, normalizePattern } from "#domain/schedule/path-overlap.ts";
import { QUEUE } from "#domain/schedule/queue-place.ts";
import type { NewItem, WantedPath } from "#operations/ports/store/item-store.ts";
import type { Unit } from "#store/core.ts";
import { recordEvent } from "#store/history/events.ts";
import { itemColumns } from "./item-row.ts";
import { lockItem, openQueue, placeOf, writeItem } from "./item-save.ts";
import { addLink } from "./links.ts";
import { writeSpec } from "./specs.ts";

interface AddOptions {
  /** Who stands for the item's being in an agent's lane; by default the caller, who must then be a person. */
  readonly grantBy?: ActorName;
  readonly facts?: Readonly<Record<string, unknown>>;
}

/** Makes an item with its spec, repos, paths, labels and links. Answers its number. */
export async function addItem(unit: Unit, wish: NewItem, options: AddOptions = {}): Promise<Item> {
  const lane = wish.lane === undefined ? laneOfRole(unit.lanes, "triage") : laneNamed(unit.lanes, wish.lane);
  const grantBy = lane.role === "agent" ? (options.grantBy ?? granter(unit)) : null;
  const repos = await chooseRepos(unit, wish);
  const draft = draftItem(unit, wish, lane);
  const place = placeOf(unit, draft);
  const { id } = await unit.tx
    .insertInto("item")
    .values({
      ...itemColumns(draft),
      q: place.q,
      wake_at: place.wakeAt,
      grant_by: grantBy,
      has_paths: (wish.paths ?? []).length > 0 ? 1 : 0,
    })
    .returning("id")
    .executeTakeFirstOrThrow();
  const item = { ...draft, id };
  if (place.q === QUEUE.ready) await openQueue(unit, item);
  await recordEvent(unit, {
    stream: "item",
    streamId: id,
    n: 1,
    changes: {
      title: item.title,
      lane: item.lane,
      project_id: item.projectId,
      ...(grantBy === null ? {} : { grant_by: grantBy }),
      ...options.facts,
    },
    operation: "add",
  });
  await writeSpec(unit, id, wish.spec, item.title);
  await writeParts(unit, item, wish, repos);
  return item;
}

function granter(unit: Unit): ActorName {
  requireHuman(unit.by, "put an item into an agents' lane");
  return formatActor(unit.by.actor);
}

function draftItem(unit: Unit, wish: NewItem, lane: Lane): Item {
  const { projectId, title, spec, needs = [], parentId = null } = wish;
  const fields = { ...EDITABLE, ...rowFields(wish) };
  return {
    ...AT_FIRST,
    ...fields,
    id: 0,
    uid: unit.core.uid(unit.now),
    projectId,
    title,
    lane: lane.name,
    class: kindClass(fields.kind),
    needs: Array.from(new Set(needs)).toSorted().join(","),
    parentId,
    waitsForTrigger: spec.trigger?.hold === true,
    readyAt: unit.now,
    deadline: virtualDeadline(unit.now, fields.priority),
    createdBy: formatActor(unit.by.actor),
    createdAt: unit.now,
    updatedAt: unit.now,
  };
}

/** The editable fields that were named, as the item has them. */
export function rowFields(named: ItemFields): Partial<Pick<Item, EditableField>> {
  const given = { ...named, labels: named.labels && Array.from(new Set(named.labels)) };
  return Object.fromEntries(
    EDITABLE_FIELDS.flatMap((field) => (given[field] === undefined ? [] : [[field, given[field]]])),
  );
}

/** The class of a job kind. Refuses an unknown kind with `invalid`. */
export function kindClass(kind: string): KindClass {
  const classes: Readonly<Record<string, KindClass>> = JOB_KINDS;
  const found = classes[kind];
  if (found === undefined) throw invalidField("kind", kind, `one of ${Object.keys(JOB_KINDS).join(", ")}`);
  return found;
}

interface ChosenRepo {
  readonly id: number;
  readonly alias: string;
  readonly role: "target" | "context";
}

/** Repos by name, else the project's only one. Several and none named is refused: a guess would send work to the wrong place. */
async function chooseRepos(unit: Unit, wish: NewItem): Promise<readonly ChosenRepo[]> {
  const rows = await unit.tx
    .selectFrom("repo")
    .select(["id", "alias", "project_id"])
    .where("removed_at", "is", null)
    .execute();
  const named = (aliases: readonly string[], role: ChosenRepo["role"]) =>
    aliases.map((alias) => ({ ...repoNamed(rows, alias), role }));
  if (wish.repos !== undefined && wish.repos.length > 0)
    return [...named(wish.repos, "target"), ...named(wish.contextRepos ?? [], "context")];
  const own = rows.filter((row) => row.project_id === wish.projectId);
  if (own.length > 1 && (wish.kind ?? "code") === "code")
    throw invalidField(
      "repo",
      "",
      `one of the project's repos, named with --repo: ${own.map((row) => row.alias).join(", ")}`,
    );
  const only =
    own.length === 1 ? own.map((row) => ({ id: row.id, alias: row.alias, role: "target" as const })) : [];
  return [...only, ...named(wish.contextRepos ?? [], "context")];
}

function repoNamed<R extends { alias: string }>(rows: readonly R[], alias: string): R {
  const found = rows.find((row) => row.alias === alias);
  if (found !== undefined) return found;
  throw new SluiceError("not_found", `There is no repo ${JSON.stringify(alias)}`, {
    hint: `Registered repos: ${rows.map((row) => row.alias).join(", ") || "none; add one with: sluice repo add PATH"}`,
    details: { field: "repo", value: alias, known: rows.map((row) => row.alias) },
  });
}

async function writeParts(
  unit: Unit,
  item: Item,
  wish: NewItem,
  repos: readonly ChosenRepo[],
): Promise<void> {
  await writeLabels(unit, item.id, item.labels);
  for (const repo of repos)
    await unit.tx
      .insertInto("item_repo")
      .values({ item_id: item.id, repo_id: repo.id, role: repo.role })
      .execute();
  await writePaths(unit, item.id, wish.paths ?? [], repos);
  if (item.parentId !== null) await adopt(unit, item.parentId);
  for (const blocker of wish.blockedBy ?? [])
    await addLink(unit, { fromId: item.id, kind: "blocked_by", toKind: "item", toId: blocker });
}

async function adopt(unit: Unit, parentId: number): Promise<void> {
  const parent = await lockItem(unit, parentId);
  await writeItem(unit, parent, { openChildren: parent.openChildren + 1 }, { operation: "child.added" });
}

export async function writeLabels(unit: Unit, itemId: number, labels: readonly string[]): Promise<void> {
  await unit.tx.deleteFrom("item_label").where("item_id", "=", itemId).execute();
  for (const label of new Set(labels))
    await unit.tx.insertInto("item_label").values({ label, item_id: itemId }).execute();
}

/** Stores path patterns, with the literal prefixes they are found by; a pattern without a repo belongs to the item's first target. */
export async function writePaths(
  unit: Unit,
  itemId: number,
  paths: readonly WantedPath[],
  repos: readonly ChosenRepo[],
): Promise<void> {
  await unit.tx.deleteFrom("item_path").where("item_id", "=", itemId).execute();
  const first = repos.find((repo) => repo.role === "target");
  for (const { pattern: written, repo } of paths) {
    const pattern = normalizePattern(written);
    const chosen = repo === undefined ? first : repoNamed(repos, repo);
    if (chosen === undefined) throw invalidField("path", pattern, "a path of an item that has a repo");
    await unit.tx
      .insertInto("item_path")
      .values({ item_id: itemId, repo_id: chosen.id, prefix: literalPrefix(pattern), pattern })
      .onConflict((conflict) => conflict.doNothing())
      .execute();
  }
}
