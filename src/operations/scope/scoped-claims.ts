import type { ClaimFilter, ClaimStore, Pause } from "#operations/ports/store/claim-store.ts";
import type { ItemDetail } from "#operations/ports/store/item-store.ts";
import type { ProjectStore } from "#operations/ports/store/project-store.ts";
import { needsWorkspace, notThere, type Scope, shownItem } from "./scope.ts";

/** The queue of the projects inside a scope. */
export function scopedClaims(claims: ClaimStore, projects: ProjectStore, scope: Scope): ClaimStore {
  return {
    holderOf: claims.holderOf,
    ...queueMembers(claims, scope),
    ...itemMembers(claims, scope),
    ...leaseMembers(claims, scope),
    ...pauseMembers(claims, projects, scope),
  };
}

type Members<K extends keyof ClaimStore> = Pick<ClaimStore, K>;

function queueMembers(
  claims: ClaimStore,
  scope: Scope,
): Members<"next" | "peek" | "countReady" | "needsPerson" | "pressure" | "takeReview"> {
  const filtered = <R extends { readonly filter: ClaimFilter }, A>(method: (request: R) => Promise<A>) => {
    return (request: R): Promise<A> =>
      method({
        ...request,
        filter: { ...request.filter, projectIds: scope.within(request.filter.projectIds) },
      });
  };
  return {
    next: filtered(claims.next),
    peek: filtered(claims.peek),
    countReady: filtered(claims.countReady),
    needsPerson: (request) =>
      claims.needsPerson({ ...request, projectIds: scope.within(request.projectIds) }),
    pressure: () => Promise.reject(needsWorkspace("The pressure of all queues")),
    takeReview: async (request) => {
      if (request.runId === undefined) throw needsWorkspace("Taking any review");
      await scope.require("run", request.runId);
      return claims.takeReview(request);
    },
  };
}

function itemMembers(
  claims: ClaimStore,
  scope: Scope,
): Members<"item" | "ahead" | "spentBudgets" | "blockItem" | "advance" | "return" | "end"> {
  const own = <R extends { readonly id: number }, A>(method: (request: R) => Promise<A>) => {
    return async (request: R): Promise<A> => {
      await scope.require("item", request.id);
      return method(request);
    };
  };
  return {
    item: own(claims.item),
    ahead: own(claims.ahead),
    spentBudgets: own(claims.spentBudgets),
    blockItem: own(shownIn(scope, claims.blockItem)),
    advance: own(shown(scope, claims.advance)),
    return: own(shown(scope, claims.return)),
    end: async (request) => {
      await scope.require("run", request.runId);
      return shownItem(scope, await claims.end(request));
    },
  };
}

function leaseMembers(
  claims: ClaimStore,
  scope: Scope,
): Members<"heartbeat" | "release" | "block" | "ask" | "finish" | "park" | "leaveReview"> {
  const leased = <R extends { readonly leaseId: string }, A>(method: (request: R) => Promise<A>) => {
    return async (request: R): Promise<A> => {
      await scope.requireLease(request.leaseId);
      return method(request);
    };
  };
  return {
    heartbeat: leased(claims.heartbeat),
    release: leased(shownIn(scope, claims.release)),
    block: leased(shownIn(scope, claims.block)),
    ask: leased(shownIn(scope, claims.ask)),
    finish: leased(claims.finish),
    park: leased(shown(scope, claims.park)),
    leaveReview: leased(shown(scope, claims.leaveReview)),
  };
}

function pauseMembers(
  claims: ClaimStore,
  projects: ProjectStore,
  scope: Scope,
): Members<"summary" | "pause" | "resume" | "pauses"> {
  const aliases = async () => {
    const all = await projects.list({ archived: true });
    return new Set(all.filter(({ id }) => scope.has(id)).map(({ alias }) => alias));
  };
  const visible = async (pauses: readonly Pause[]) => {
    const known = await aliases();
    return pauses.filter(({ scope: of, name }) => of !== "project" || known.has(name));
  };
  const own = <R extends Pick<Pause, "scope" | "name">>(method: (request: R) => Promise<void>) => {
    return async (request: R): Promise<void> => {
      if (request.scope !== "project") throw needsWorkspace(`Pausing or resuming a ${request.scope}`);
      if (!(await aliases()).has(request.name)) throw notThere("project", JSON.stringify(request.name));
      await method(request);
    };
  };
  return {
    summary: async ({ projectIds }) => {
      const summary = await claims.summary({ projectIds: scope.within(projectIds) });
      return { ...summary, paused: await visible(summary.paused) };
    },
    pause: own(claims.pause),
    resume: own(claims.resume),
    pauses: async () => visible(await claims.pauses()),
  };
}

const shown = <R>(scope: Scope, method: (request: R) => Promise<ItemDetail>) => {
  return async (request: R): Promise<ItemDetail> => shownItem(scope, await method(request));
};

const shownIn = <R, A extends { readonly detail: ItemDetail }>(
  scope: Scope,
  method: (request: R) => Promise<A>,
) => {
  return async (request: R): Promise<A> => {
    const answer = await method(request);
    return { ...answer, detail: await shownItem(scope, answer.detail) };
  };
};
