import { z } from "zod";
import { type Lane, laneNamed } from "#domain/lane.ts";
import type { Store } from "#operations/ports/store.ts";

/** A lane by its name or its role. */
export const LaneName = z.string().max(64);

/** The lane that an input names. Refuses an unknown one with `invalid` and the names there are. */
export async function namedLane(
  { projects }: Pick<Store, "projects">,
  name: string | undefined,
): Promise<Lane | undefined> {
  return name === undefined ? undefined : laneNamed(await projects.lanes(), name);
}
