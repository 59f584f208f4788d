import { SluiceError } from "#domain/errors.ts";
import { formatActor } from "#domain/actor.ts";
import type { Item } from "#domain/item/item.ts";
import { laneNamed } from "#domain/lane.ts";
import { counted } from "#domain/text/counted.ts";
import { leaseLength } from "#domain/claim/lease-change.ts";
import type { Claim, ClaimStore, RunnerInfo } from "#operations/ports/store/claim-store.ts";
import { atBound, lease } from "./claim-next.ts";
import type { Core, Unit } from "#store/core.ts";
import { lockItem } from "#store/item/item-save.ts";
import { heldBy, pathsAtWork, pathsOfItems, reposOfPaths } from "./held-paths.ts";
import { refOf } from "#store/item/refs.ts";
import { wake, wakeDue } from "./due-items.ts";

/** Leases one item by name. Agents only from agents' lanes, people from any. Refuses naming every reason at once. */
export async function claimItem(
  core: Core,
  { by, id, ttlMs, runner }: Parameters<ClaimStore["item"]>[0],
): Promise<Claim> {
  leaseLength(ttlMs);
  return core.write(by, "claim", async (unit) => {
    await wakeDue(unit); // leases that have expired take no place in the project's bound
    const item = await wake(unit, await lockItem(unit, id));
    const reasons = [...obstacles(unit, item), ...(await outerObstacles(unit, item, runner))];
    const ref = await refOf(unit.tx, id);
    if (reasons.length > 0)
      throw new SluiceError("conflict", `${ref} cannot be claimed: ${reasons.join("; ")}`, {
        hint: `See: sluice why ${ref}`,
        details: { ref, reasons },
      });
    return lease(unit, item, ttlMs, runner);
  });
}

/** Why an item cannot be claimed, from its own row. */
function obstacles(unit: Unit, item: Item): readonly string[] {
  const role = laneNamed(unit.lanes, item.lane).role;
  const human = unit.by.authority === "human" || unit.by.authority === "system";
  return [
    item.state === "open" ? undefined : `it is ${item.state}`,
    item.leaseId === null
      ? undefined
      : `${item.holder ?? "another run"} holds it until ${new Date(item.leaseExpiresAt ?? 0).toISOString()}`,
    role === "agent" || human
      ? undefined
      : `its lane ${item.lane} is not one that ${formatActor(unit.by.actor)} may claim from`,
    item.openBlockers > 0 ? notDone(item.openBlockers, "blocker") : undefined,
    item.openChildren > 0 ? notDone(item.openChildren, "part") : undefined,
    item.notBefore !== null && item.notBefore > unit.now && !human
      ? `it waits until ${new Date(item.notBefore).toISOString()}`
      : undefined,
    item.overBudget ? "its budget is spent" : undefined,
    item.waitsForTrigger ? "its trigger has not fired" : undefined,
  ].filter((reason) => reason !== undefined);
}

const notDone = (count: number, word: string): string =>
  `${counted(count, word)} ${count === 1 ? "is" : "are"} not done`;

async function outerObstacles(
  unit: Unit,
  item: Item,
  { runner = "" }: RunnerInfo,
): Promise<readonly string[]> {
  const project = await unit.tx
    .selectFrom("project")
    .select(["alias", "archived_at", "spent_until"])
    .where("id", "=", item.projectId)
    .executeTakeFirstOrThrow();
  const pauses = await unit.tx
    .selectFrom("pause")
    .selectAll()
    .where((eb) =>
      eb.or([
        eb("scope", "=", "workspace"),
        eb.and([eb("scope", "=", "project"), eb("name", "=", project.alias)]),
        eb.and([eb("scope", "=", "runner"), eb("name", "=", runner)]),
      ]),
    )
    .execute();
  const holder = item.leaseId === null ? await lockedHolder(unit, item) : undefined;
  const bound = item.leaseId === null ? await atBound(unit, item.projectId) : undefined;
  return [
    ...(bound === undefined
      ? []
      : [`project ${project.alias} is at its limit of ${counted(bound, "lease")}`]),
    ...(project.spent_until === null || project.spent_until <= unit.now
      ? []
      : [`a budget of project ${project.alias} is spent`]),
    ...(project.archived_at === null ? [] : [`project ${project.alias} is archived`]),
    ...pauses.map(
      (pause) => `${pause.actor} paused the ${pause.scope} since ${new Date(pause.at).toISOString()}`,
    ),
    ...(holder === undefined ? [] : [`${await refOf(unit.tx, holder)} is worked on in the same files`]),
  ];
}

/** The item at work whose paths keep this one back, under the locks of its repositories. */
async function lockedHolder(unit: Unit, item: Item): Promise<number | undefined> {
  const own = await pathsOfItems(unit.tx, [item.id]);
  const repos = reposOfPaths(own);
  for (const repoId of repos) await unit.core.dialect.lock(unit.tx, `paths:${repoId}`);
  return heldBy(item.id, own, await pathsAtWork(unit.core, unit.tx, repos));
}
