import type { Caller } from "#domain/caller.ts";
import { SluiceError } from "#domain/errors.ts";
import { logBug } from "#cli/report-error.ts";
import type { Surroundings } from "#cli/surroundings.ts";
import { createEventFeed, type ReadHistory } from "#http/event-feed.ts";
import type { HttpInterface, HttpLimits } from "#http/http-interface.ts";
import type { McpHttp } from "#mcp/mcp-http.ts";
import { eventView } from "#operations/admin/event-view.ts";
import type { Checkout, Context } from "#operations/context.ts";
import { invoke } from "#operations/invoke.ts";
import { refWriter } from "#operations/item/item-ref.ts";
import type { Store } from "#operations/ports/store.ts";
import { scopedStore } from "#operations/scope/scoped-store.ts";
import { REGISTRY, MACHINE_REGISTRY } from "#operations/registry.ts";
import { httpCallers } from "./http-callers.ts";
import { wireMcp } from "#compose/mcp/wire-mcp.ts";

/** Entries of the history read at a time for those who follow it. */
const FEED_PAGE = 200;
/** Soon enough for a person who looks on, and one short look per second for the database, while somebody follows. */
const FEED_EVERY_MS = 1_000;

export interface HttpOptions {
  readonly requireToken: boolean;
  readonly hosts: readonly string[];
  readonly limits: HttpLimits;
}

/** The HTTP interface of an open workspace. Its git and its files are this machine's; who calls comes with each request. */
export function wireHttp(
  surroundings: Surroundings,
  context: Context,
  { requireToken, hosts, limits }: HttpOptions,
): HttpInterface & Pick<McpHttp<Caller>, "drain" | "close"> {
  const { store } = context;
  const refusal = async (error: unknown): Promise<SluiceError> =>
    isRefusal(error) ? error : await logBug(surroundings, error);
  const clock = () => performance.now();
  const callers = httpCallers(context, requireToken);
  const feed = createEventFeed(historyOf(context), FEED_EVERY_MS, (error) => void refusal(error));
  const mcp = wireMcp(surroundings, context, { refusal, isKnown: callers.isKnown });
  const { idempotencyKey: _key, project: _project, ...base } = context;
  return {
    version: surroundings.version,
    operations: { ...REGISTRY, ...MACHINE_REGISTRY },
    ...callers,
    invoke: async ({ operation, input, caller, signal, project, checkout, idempotencyKey }) =>
      await invoke(
        {
          ...base,
          caller,
          signal,
          checkout: () => Promise.resolve(checkout),
          ...(project === undefined ? {} : { project }),
          ...(idempotencyKey === undefined ? {} : { idempotencyKey }),
        },
        operation,
        input,
      ),
    projectAt: (caller, checkout) => projectAt(store, caller, checkout),
    feed,
    mcp: mcp.fetch,
    refusal,
    ready: async () => void (await store.now()),
    limits,
    hosts,
    clock,
    drain: mcp.drain,
    close: async () => {
      feed.close();
      await mcp.close();
    },
  };
}

/** What the log of bugs has under an id is a refusal already. */
const isRefusal = (error: unknown): error is SluiceError =>
  error instanceof SluiceError && (error.code !== "internal" || "id" in error.details);

async function projectAt(
  { projects }: Store,
  caller: Caller,
  checkout: Checkout,
): Promise<string | undefined> {
  const [all, repo] = await Promise.all([projects.list({}), projects.repoAt(checkout)]);
  const isSeen = repo !== undefined && (caller.projects ?? [repo.projectId]).includes(repo.projectId);
  return isSeen && all.length > 1 ? all.find(({ id }) => id === repo.projectId)?.alias : undefined;
}

function historyOf({ store: whole }: Context): ReadHistory {
  return async (after, projects) => {
    const store = projects === undefined ? whole : scopedStore(whole, projects);
    const { events, next } = await store.history.follow({ after, limit: FEED_PAGE });
    const refOf = await refWriter(store);
    return { events: events.map((event) => ({ place: event.place, view: eventView(event, refOf) })), next };
  };
}
