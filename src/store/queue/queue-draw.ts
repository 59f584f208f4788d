import { drawProjects } from "#domain/schedule/claim-order.ts";
import type { ClaimFilter } from "#operations/ports/store/claim-store.ts";

/** What a filter leaves of the open queues. */
export function within<E extends QueueEntry>(entries: readonly E[], filter: ClaimFilter): readonly E[] {
  const able = new Set(filter.capabilities ?? []);
  const wanted = filter.projectIds === undefined ? undefined : new Set(filter.projectIds);
  return entries.filter(
    (row) =>
      (wanted === undefined || wanted.has(row.projectId)) &&
      (row.needs === "" || row.needs.split(",").every((need) => able.has(need))),
  );
}

export interface QueueEntry {
  readonly projectId: number;
  readonly needs: string;
  readonly weight: number;
}

/** The usual case, one queue per project and no bound of leases, in drawn order; undefined in any other. */
export function drawPlain<E extends QueueEntry & { readonly bounded: boolean }>(
  entries: readonly E[],
  random: () => number,
): readonly E[] | undefined {
  const projects = new Set(entries.map(({ projectId }) => projectId));
  if (projects.size < entries.length || entries.some(({ bounded }) => bounded)) return undefined;
  return drawProjects(entries, random);
}

/** The queues of each project, projects in drawn order. A project draws once, however many sets of needs its items have. */
export function drawQueues<E extends QueueEntry>(
  entries: readonly E[],
  random: () => number,
): readonly (readonly E[])[] {
  const projects = Map.groupBy(entries, (entry) => entry.projectId);
  const heads = Array.from(projects.values()).flatMap((queues) => queues.slice(0, 1));
  return drawProjects(heads, random).map((head) => projects.get(head.projectId) ?? []);
}
