import type { ItemDetail, ItemStore } from "#operations/ports/store/item-store.ts";
import type { ProjectStore } from "#operations/ports/store/project-store.ts";
import { notThere, type Scope, requireRepos, shownItem } from "./scope.ts";

/** Items of the projects inside a scope; each is looked up before anything is done with it. */
export function scopedItems(items: ItemStore, projects: ProjectStore, scope: Scope): ItemStore {
  const own =
    <R extends { readonly id: number }, A>(method: (request: R) => Promise<A>) =>
    async (request: R): Promise<A> => {
      await scope.require("item", request.id);
      return method(request);
    };
  const shown = <R extends { readonly id: number }>(method: (request: R) => Promise<ItemDetail>) =>
    own(async (request: R) => shownItem(scope, await method(request)));
  const linked =
    <R extends Parameters<ItemStore["link"]>[0]>(method: (request: R) => Promise<ItemDetail>) =>
    async (request: R) => {
      await scope.require("item", request.fromId);
      await scope.require(request.toKind, request.toId);
      return shownItem(scope, await method(request));
    };
  return {
    add: async (request) => {
      const { projectId, parentId, blockedBy = [], repos = [], contextRepos = [] } = request.item;
      scope.requireProject(projectId);
      await scope.require("item", ...(parentId === undefined ? [] : [parentId]), ...blockedBy);
      await requireRepos(projects, scope, [...repos, ...contextRepos]);
      return shownItem(scope, await items.add(request));
    },
    resolve: async ({ ref }) => {
      const id = await items.resolve({ ref }).catch((error: unknown) => outside(error, ref));
      const [found] = await scope.only("item", [id], (one) => one);
      if (found === undefined) throw notThere("item", ref);
      return found;
    },
    list: ({ filter: { projectId, projectIds, ...filter }, page }) =>
      items.list({
        filter: { ...filter, projectIds: scope.within(projectId === undefined ? projectIds : [projectId]) },
        page,
      }),
    get: shown(items.get),
    edit: shown(items.edit),
    move: shown(items.move),
    bump: shown(items.bump),
    snooze: shown(items.snooze),
    drop: shown(items.drop),
    reopen: shown(items.reopen),
    close: shown(items.close),
    unland: shown(items.unland),
    unblock: shown(items.unblock),
    decide: shown(items.decide),
    addEvidence: shown(items.addEvidence),
    note: own(items.note),
    setPlan: own(items.setPlan),
    plans: own(items.plans),
    link: linked(items.link),
    unlink: linked(items.unlink),
  };
}

/** The refusal of a ref that is nowhere names near ones, which may be outside. */
function outside(error: unknown, ref: string): never {
  if (error instanceof Error && "code" in error && error.code === "not_found") throw notThere("item", ref);
  throw error;
}
