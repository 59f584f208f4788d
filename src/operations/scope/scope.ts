import { SluiceError } from "#domain/errors.ts";
import { candidateRef, formatRef, runRef } from "#domain/ref.ts";
import type { Store } from "#operations/ports/store.ts";
import type { Owned } from "#operations/ports/store-members.ts";
import type { ItemDetail, Link } from "#operations/ports/store/item-store.ts";

/** The projects that exist for a caller, and how what lies outside is refused: as if it were not there. */
export interface Scope {
  readonly has: (projectId: number) => boolean;
  /** Those of `wanted`, or all, that are inside; never empty, since a query for none is a query for project 0. */
  readonly within: (wanted?: readonly number[]) => readonly number[];
  /** Refuses with `not_found` where one of these is outside or nowhere. */
  readonly require: (of: Owned, ...ids: readonly number[]) => Promise<void>;
  /** Refuses with `not_found` an alias that is not a repo inside. */
  readonly requireRepos: (aliases?: readonly string[]) => Promise<void>;
  /** Refuses with `lease_lost` the lease of an item that is outside. */
  readonly requireLease: (leaseId: string) => Promise<void>;
  /** Those of these that are inside, in their order. */
  readonly only: <T>(of: Owned, all: readonly T[], idOf: (one: T) => number) => Promise<readonly T[]>;
  /** An item as the caller sees it: of what it waits for outside only ref and state, and nothing of what waits for it there. */
  readonly shown: (detail: ItemDetail) => Promise<ItemDetail>;
}

/** No project has this number. */
const NOWHERE = [0];

export function scopeOf({ projects }: Store, projectIds: readonly number[]): Scope {
  const inside = new Set(projectIds);
  const has = (projectId: number) => inside.has(projectId);
  const insideOf = async (of: Owned, ids: readonly number[]) => {
    if (of === "project") return has;
    const owners = await projects.owners({ of, ids: [...new Set(ids)] });
    return (id: number) => has(owners.get(id) ?? NaN);
  };
  const only: Scope["only"] = async (of, all, idOf) => {
    const isInside = await insideOf(of, all.map(idOf));
    return all.filter((one) => isInside(idOf(one)));
  };
  return {
    has,
    only,
    within: (wanted = projectIds) => {
      const found = wanted.filter(has);
      return found.length === 0 ? NOWHERE : found;
    },
    require: async (of, ...ids) => {
      const isInside = await insideOf(of, ids);
      const missing = ids.find((id) => !isInside(id));
      if (missing === undefined) return;
      const { prefix } = await projects.settings();
      throw notThere(of, SHOWN[of](missing, prefix));
    },
    requireRepos: async (aliases = []) => {
      if (aliases.length === 0) return;
      const repos = await projects.repos({ host: "" });
      const known = new Set(repos.filter(({ projectId }) => has(projectId)).map(({ alias }) => alias));
      const missing = aliases.find((alias) => !known.has(alias));
      if (missing !== undefined) throw notThere("repo", JSON.stringify(missing));
    },
    requireLease: async (leaseId) => {
      const owner = await projects.leaseOwner({ leaseId });
      if (owner === undefined || has(owner)) return;
      throw new SluiceError("lease_lost", "There is no such lease", {
        hint: "Claim the item again: sluice claim REF",
      });
    },
    shown: async (detail) => {
      const kept = await Promise.all(
        (["item", "candidate"] as const).map((of) =>
          only(
            of,
            detail.links.filter(({ toKind }) => toKind === of),
            ({ toId }) => toId,
          ),
        ),
      );
      const known = new Set<Link>(kept.flat());
      const hidden = { toTitle: "In another project" };
      return {
        ...detail,
        links: detail.links.map((link) => (known.has(link) ? link : { ...link, ...hidden })),
        blocks: await only("item", detail.blocks, (id) => id),
      };
    },
  };
}

/** How a refusal names what is not there. */
const SHOWN = {
  item: (id, prefix) => formatRef(prefix, id),
  candidate: candidateRef,
  run: runRef,
  repo: String,
  project: String,
} as const satisfies Record<Owned, (id: number, prefix: string) => string>;

/** The refusal of what is outside. It has no hint that what is nowhere would not get. */
export function notThere(what: string, shown: string): SluiceError {
  return new SluiceError("not_found", `There is no ${what} ${shown}`, { details: { [what]: shown } });
}

/** The refusal of what concerns the whole workspace. */
export function needsWorkspace(what: string): SluiceError {
  const needed = "a token of the whole workspace";
  return new SluiceError("denied", `${what} needs ${needed}, the caller's is for single projects`, {
    hint: "Name an item or a project of yours, or ask whoever gave the token",
    details: { needed, has: "a token for single projects" },
  });
}
