import type { CommitStore } from "#operations/ports/store/commit-store.ts";
import type { HistoryEvent, HistoryStore } from "#operations/ports/store/history-store.ts";
import { needsWorkspace, type Scope } from "./scope.ts";

/** Commits of repos inside a scope. */
export function scopedCommits(commits: CommitStore, scope: Scope): CommitStore {
  return {
    heads: async ({ repoId }) => {
      await scope.require("repo", repoId);
      return commits.heads({ repoId });
    },
    record: async (request) => {
      await scope.require("repo", request.repoId);
      await commits.record(request);
    },
    find: async (request) => scope.only("repo", await commits.find(request), ({ repoId }) => repoId),
    ofItem: async (request) => {
      await scope.require("item", request.number);
      return scope.only("repo", await commits.ofItem(request), ({ repoId }) => repoId);
    },
    closing: async (request) =>
      (await commits.closing(request)).filter(({ item }) => scope.has(item.projectId)),
  };
}

/** The history of what is inside a scope: that of an item or candidate, or what comes, never the whole log. */
export function scopedHistory(history: HistoryStore, scope: Scope): HistoryStore {
  const requireStream = async (what: string, stream: string | undefined, id: number | undefined) => {
    if (id === undefined || (stream !== "item" && stream !== "candidate")) throw needsWorkspace(what);
    await scope.require(stream, id);
  };
  return {
    events: async (request) => {
      await requireStream("The log of everything", request.stream, request.streamId);
      return history.events(request);
    },
    follow: async (request) => {
      const { events, next } = await history.follow(request);
      return { events: await insideOf(scope, events), next };
    },
    undo: async (request) => {
      await requireStream("Taking back whatever was last", request.stream, request.streamId);
      return history.undo(request);
    },
    check: () => Promise.reject(needsWorkspace("The check of a workspace")),
    seal: () => Promise.reject(needsWorkspace("Sealing the history")),
    redact: () => Promise.reject(needsWorkspace("Taking a text out of the history")),
    archive: () => Promise.reject(needsWorkspace("Archiving the history")),
    repair: () => Promise.reject(needsWorkspace("Repairing a workspace")),
  };
}

async function insideOf<E extends HistoryEvent>(scope: Scope, events: readonly E[]): Promise<readonly E[]> {
  const kept = new Set<E>(
    events.filter(({ stream, streamId }) => stream === "project" && scope.has(streamId)),
  );
  for (const of of ["item", "candidate", "repo"] as const) {
    const those = events.filter(({ stream }) => stream === of);
    for (const event of await scope.only(of, those, ({ streamId }) => streamId)) kept.add(event);
  }
  return events.filter((event) => kept.has(event));
}
