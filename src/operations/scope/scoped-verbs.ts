import { parseRef } from "#domain/ref.ts";
import type { STORE_MEMBERS, StorePart } from "#operations/ports/store-members.ts";
import type { Store } from "#operations/ports/store.ts";
import type { Pause } from "#operations/ports/store/claim-store.ts";
import type { Similar } from "#operations/ports/store/gate-store.ts";
import type { HistoryEvent } from "#operations/ports/store/history-store.ts";
import type { ItemStore } from "#operations/ports/store/item-store.ts";
import { needsWorkspace, notThere, type Scope } from "./scope.ts";

type SpecialOf<M> = { [V in keyof M]: M[V] extends "special" ? V : never }[keyof M];

/** The verbs that the table calls special, each of them and no other. */
type SpecialVerbs = {
  readonly [P in StorePart]: Pick<Store[P], SpecialOf<(typeof STORE_MEMBERS)[P]> & keyof Store[P]>;
};

/** The verbs of a store whose scope no rule of the table can say. */
export const specialVerbs = (store: Store, scope: Scope): SpecialVerbs => ({
  projects: projectVerbs(store, scope),
  gate: gateVerbs(store, scope),
  items: itemVerbs(store, scope),
  claims: claimVerbs(store, scope),
  runs: {},
  commits: {
    givenFor: async (request) => scope.only("item", await store.commits.givenFor(request), (id) => id),
    closing: async (request) =>
      (await store.commits.closing(request)).filter(({ item }) => scope.has(item.projectId)),
  },
  history: historyVerbs(store, scope),
  denials: {},
  tokens: {},
});

function projectVerbs({ projects }: Store, scope: Scope): SpecialVerbs["projects"] {
  return {
    get: async ({ alias }) => {
      const known = (await projects.list({ archived: true })).filter(({ id }) => scope.has(id));
      if (known.some((project) => project.alias === alias)) return projects.get({ alias });
      throw notThere("project", JSON.stringify(alias));
    },
    repo: async (request) => {
      const known = await projects.repos({ host: request.host });
      if (known.some(({ alias, projectId }) => alias === request.alias && scope.has(projectId)))
        return projects.repo(request);
      throw notThere("repo", JSON.stringify(request.alias));
    },
    repoAt: async (request) => {
      const repo = await projects.repoAt(request);
      return repo !== undefined && scope.has(repo.projectId) ? repo : undefined;
    },
    owners: async (request) =>
      new Map([...(await projects.owners(request))].filter(([, projectId]) => scope.has(projectId))),
  };
}

function gateVerbs({ gate }: Store, scope: Scope): SpecialVerbs["gate"] {
  return {
    propose: async (request) => {
      const { projectId, wishes } = request.proposal;
      await scope.require("project", projectId);
      await scope.requireRepos(wishes.repos);
      const answer = await gate.propose(request);
      return { ...answer, similar: await similarInside(scope, answer.similar) };
    },
    proposeAll: async (request) => {
      for (const { projectId, wishes } of request.proposals) {
        await scope.require("project", projectId);
        await scope.requireRepos(wishes.repos);
      }
      return await gate.proposeAll(request);
    },
    // A file with entries of other projects counts as never imported: matched anew, it shows what is inside the scope.
    imported: async (request) =>
      (await gate.imported(request)).filter(({ entries }) =>
        entries.every(
          ({ candidate, itemId }) =>
            itemId === null && (candidate === null || scope.has(candidate.projectId)),
        ),
      ),
    // A match inside a scope may have missed candidates outside of it.
    keepImported: async () => {},
    approve: async (request) => {
      await scope.require("candidate", request.id);
      const { wishes } = await gate.get({ id: request.id });
      await scope.requireRepos(wishes.repos);
      const { candidate, detail } = await gate.approve(request);
      return { candidate, detail: await scope.shown(detail) };
    },
  };
}

async function similarInside(scope: Scope, similar: readonly Similar[]): Promise<readonly Similar[]> {
  const found = similar.map((one) => ({ one, ...parseRef(one.ref) }));
  const kept = await Promise.all(
    (["item", "candidate"] as const).map((of) =>
      scope.only(
        of,
        found.filter(({ kind }) => kind === of),
        ({ number }) => number,
      ),
    ),
  );
  return kept.flat().map(({ one }) => one);
}

function itemVerbs({ items }: Store, scope: Scope): SpecialVerbs["items"] {
  const linked =
    (verb: ItemStore["link"]): ItemStore["link"] =>
    async (request) => {
      await scope.require("item", request.fromId);
      await scope.require(request.toKind, request.toId);
      return scope.shown(await verb(request));
    };
  return {
    add: async (request) => {
      const { projectId, parentId, blockedBy = [], repos = [], contextRepos = [] } = request.item;
      await scope.require("project", projectId);
      await scope.require("item", ...(parentId === undefined ? [] : [parentId]), ...blockedBy);
      await scope.requireRepos([...repos, ...contextRepos]);
      return scope.shown(await items.add(request));
    },
    resolve: async ({ ref }) => {
      const id = await items.resolve({ ref }).catch((error: unknown) => outside(error, ref));
      const [found] = await scope.only("item", [id], (one) => one);
      if (found === undefined) throw notThere("item", ref);
      return found;
    },
    link: linked(items.link),
    unlink: linked(items.unlink),
  };
}

/** The refusal of a ref that is nowhere names near ones, which may be outside. */
function outside(error: unknown, ref: string): never {
  if (error instanceof Error && "code" in error && error.code === "not_found") throw notThere("item", ref);
  throw error;
}

function claimVerbs({ claims, projects }: Store, scope: Scope): SpecialVerbs["claims"] {
  const aliases = async () => {
    const all = await projects.list({ archived: true });
    return new Set(all.filter(({ id }) => scope.has(id)).map(({ alias }) => alias));
  };
  const visible = async (pauses: readonly Pause[]) => {
    const known = await aliases();
    return pauses.filter(({ scope: of, name }) => of !== "project" || known.has(name));
  };
  const own = <R extends Pick<Pause, "scope" | "name">>(verb: (request: R) => Promise<void>) => {
    return async (request: R): Promise<void> => {
      if (request.scope !== "project") throw needsWorkspace(`Pausing or resuming a ${request.scope}`);
      if (!(await aliases()).has(request.name)) throw notThere("project", JSON.stringify(request.name));
      await verb(request);
    };
  };
  return {
    summary: async ({ projectIds }) => {
      const summary = await claims.summary({ projectIds: scope.within(projectIds) });
      return { ...summary, paused: await visible(summary.paused) };
    },
    takeReview: async (request) => {
      if (request.runId === undefined) throw needsWorkspace("Taking any review");
      await scope.require("run", request.runId);
      return claims.takeReview(request);
    },
    pause: own(claims.pause),
    resume: own(claims.resume),
    pauses: async () => visible(await claims.pauses()),
  };
}

/** The history of an item or candidate inside, or what comes, never the whole log. */
function historyVerbs({ history }: Store, scope: Scope): SpecialVerbs["history"] {
  const requireStream = async (what: string, stream: string | undefined, id: number | undefined) => {
    if (id === undefined || (stream !== "item" && stream !== "candidate")) throw needsWorkspace(what);
    await scope.require(stream, id);
  };
  return {
    events: async (request) => {
      const { projectId, stream, streamId } = request;
      if (projectId === undefined) await requireStream("The log of the whole workspace", stream, streamId);
      else await scope.require("project", projectId);
      return history.events(request);
    },
    follow: async (request) => {
      const { events, next } = await history.follow(request);
      return { events: await eventsInside(scope, events), next };
    },
    undo: async (request) => {
      await requireStream("Undoing the last change of any item", request.stream, request.streamId);
      return history.undo(request);
    },
  };
}

async function eventsInside<E extends HistoryEvent>(
  scope: Scope,
  events: readonly E[],
): Promise<readonly E[]> {
  const kept = new Set<E>();
  for (const of of ["project", "item", "candidate", "repo"] as const) {
    const those = events.filter(({ stream }) => stream === of);
    for (const event of await scope.only(of, those, ({ streamId }) => streamId)) kept.add(event);
  }
  return events.filter((event) => kept.has(event));
}
