import { EMPTY_SPEC } from "#domain/item/spec.ts";
import type { Store } from "#operations/ports/store.ts";
import { agent, human } from "./stores.ts";

const TTL_MS = 900_000;
/** Quiet projects of the rule, each with one item of the lowest urgency that people set. */
const QUIET_PROJECTS = 199;
/** Claims of the flood that may come between, whatever the number of quiet projects. */
const SLACK = 31;

export interface Flood {
  readonly store: Store;
  readonly quiet: number;
  /** Claims by which all quiet projects must have had their turn. */
  readonly bound: number;
  readonly projectOf: ReadonlyMap<number, string>;
}

/** Quiet projects with one P4 item each, and one that floods with P1. */
export async function flood(store: Store, quiet = QUIET_PROJECTS): Promise<Flood> {
  const projectOf = new Map<number, string>();
  const bound = quiet + SLACK;
  const fill = async (alias: string, count: number, priority: "P1" | "P4") => {
    const project = await store.projects.add({ by: human(), alias, name: alias });
    for (let n = 0; n < count; n += 1) {
      const item = {
        projectId: project.id,
        title: `${alias} ${n}`,
        kind: "research",
        priority,
        spec: EMPTY_SPEC,
        lane: "autonomous_safe",
      };
      projectOf.set((await store.items.add({ by: human(), item })).item.id, alias);
    }
  };
  await fill("flood", 2 * SLACK, "P1");
  for (let n = 0; n < quiet; n += 1) await fill(`quiet-${n}`, 1, "P4");
  return { store, quiet, bound, projectOf };
}

/** Claims until every quiet project had its turn; answers how many claims that took. */
export async function claimsUntilAll({ store, quiet, projectOf }: Flood): Promise<number> {
  const seen = new Set<string>();
  let claims = 0;
  while (seen.size < quiet) {
    const claim = await store.claims.next({ by: agent(), filter: {}, ttlMs: TTL_MS, runner: {} });
    if (claim === undefined) return Number.POSITIVE_INFINITY;
    claims += 1;
    const project = projectOf.get(claim.item.id) ?? "";
    if (project !== "flood") seen.add(project);
  }
  return claims;
}
