import { formatActor, parseActor } from "#domain/actor.ts";
import type { Caller } from "#domain/caller.ts";
import { SluiceError } from "#domain/errors.ts";
import { runRef } from "#domain/ref.ts";
import { sha256 } from "#domain/text/sha256.ts";
import { tokenCaller, type TokenGrant } from "#domain/token/token-caller.ts";
import { logBug } from "#doors/cli/report-error.ts";
import type { Surroundings } from "#doors/cli/surroundings.ts";
import { createEventFeed, type ReadHistory } from "#doors/http/event-feed.ts";
import type { Credentials, HttpDoor, HttpLimits } from "#doors/http/http-door.ts";
import { shortMemory, type ShortMemory } from "#doors/http/short-memory.ts";
import { callStore } from "#doors/http/store-calls.ts";
import type { McpHttp } from "#doors/mcp/mcp-http.ts";
import { eventView } from "#operations/admin/event-view.ts";
import type { Checkout, Context } from "#operations/context.ts";
import { invoke } from "#operations/invoke.ts";
import { refWriter } from "#operations/item/item-ref.ts";
import type { Store } from "#operations/ports/store.ts";
import { scopedStore } from "#operations/scope/scoped-store.ts";
import { recordDenial } from "#operations/record-denial.ts";
import { REGISTRY } from "#operations/registry.ts";
import { serverMcp } from "./server-mcp.ts";

/** Entries of the history read at a time for those who follow it. */
const FEED_PAGE = 200;
/** Soon enough for a person who looks on, and one short look per second for the database, while somebody follows. */
const FEED_EVERY_MS = 1_000;
/** A token that is revoked is refused at once, one that expires so much later. */
const GRANT_MS = 1_000;
/** What acts without a token and without saying who it is. */
const UNNAMED = "ai:http";

export interface HttpDoorOptions {
  readonly requireToken: boolean;
  readonly hosts: readonly string[];
  readonly limits: HttpLimits;
}

/** The HTTP door of an open workspace. Its git and its files are this machine's; who calls comes with each request. */
export function httpDoor(
  surroundings: Surroundings,
  context: Context,
  { requireToken, hosts, limits }: HttpDoorOptions,
): HttpDoor & Pick<McpHttp<Caller>, "drain" | "close"> {
  const { store } = context;
  const refusal = async (error: unknown): Promise<SluiceError> =>
    error instanceof SluiceError && error.code !== "internal" ? error : await logBug(surroundings, error);
  const clock = () => performance.now();
  const grants = shortMemory<TokenGrant>(store.state, clock, GRANT_MS);
  const feed = createEventFeed(historyOf(context), FEED_EVERY_MS, (error) => void refusal(error));
  const mcp = serverMcp(surroundings, context, refusal);
  const { idempotencyKey: _key, project: _project, ...base } = context;
  return {
    version: surroundings.version,
    operations: REGISTRY,
    authenticate: (credentials) => authenticate(context, grants, credentials, requireToken),
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
    state: store.state,
    callStore: async (caller, member, request) => {
      try {
        return await callStore(store, caller, member, request);
      } catch (error) {
        await recordDenial(store, caller, `store.${member}`.slice(0, 80), error);
        throw error;
      }
    },
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

async function projectAt(
  { projects }: Store,
  caller: Caller,
  checkout: Checkout,
): Promise<string | undefined> {
  const [all, repo] = await Promise.all([projects.list({}), projects.repoAt(checkout)]);
  const isSeen = repo !== undefined && (caller.projects ?? [repo.projectId]).includes(repo.projectId);
  return isSeen && all.length > 1 ? all.find(({ id }) => id === repo.projectId)?.alias : undefined;
}

async function authenticate(
  { store, caller: { host } }: Context,
  grants: ShortMemory<TokenGrant>,
  { token, actor, lease, run }: Credentials,
  requireToken: boolean,
): Promise<Caller> {
  const bearer = {
    door: "http",
    host,
    ...(lease === undefined ? {} : { lease }),
    ...(run === undefined ? {} : { run }),
  };
  if (token !== undefined) {
    const caller = tokenCaller(await grantOf(store, grants, token), bearer);
    if (actor === undefined || actor === formatActor(caller.actor)) return caller;
    const refusal = new SluiceError(
      "denied",
      `The token is that of ${formatActor(caller.actor)}, not of ${actor}`,
      { hint: "Leave --as, SLUICE_ACTOR and Sluice-Actor out", details: { actor } },
    );
    await recordDenial(store, caller, "act-as", refusal);
    throw refusal;
  }
  const holder = lease === undefined ? undefined : await leaseCaller(store, lease, bearer);
  if (holder !== undefined && (actor ?? formatActor(holder.actor)) === formatActor(holder.actor))
    return holder;
  if (requireToken) throw unauthenticated("This server asks for a token, or the lease of a run");
  const who = parseActor(actor ?? UNNAMED);
  if (who.kind !== "ai")
    throw unauthenticated(
      `Only a token proves that you are ${formatActor(who)}; without one you act as ai:NAME`,
    );
  return { actor: who, auth: lease === undefined ? "asserted" : "run", authority: "agent", ...bearer };
}

/** A live lease of an agent proves its run: it speaks for that run, in the run's project. */
async function leaseCaller(
  store: Store,
  leaseId: string,
  bearer: Pick<Caller, "door" | "host" | "lease" | "run">,
): Promise<Caller | undefined> {
  const holder = await store.claims.holderOf({ leaseId });
  if (holder === undefined) return undefined;
  const actor = parseActor(holder.actor);
  if (actor.kind !== "ai") return undefined;
  const run = runRef(holder.runId);
  return { ...bearer, actor, auth: "run", authority: "agent", run, projects: [holder.projectId] };
}

async function grantOf(store: Store, grants: ShortMemory<TokenGrant>, token: string): Promise<TokenGrant> {
  const known = grants.find(token);
  if (known !== undefined) return known;
  const before = store.state();
  const grant = await store.tokens.find({ hash: await sha256(token) });
  if (grant === undefined) throw unauthenticated("The token is unknown, expired or revoked");
  grants.keep(token, before, grant);
  return grant;
}

function unauthenticated(message: string): SluiceError {
  return new SluiceError("denied", message, {
    hint: "Send one as: Authorization: Bearer slc_…, made with: sluice token create; the command line takes it from SLUICE_TOKEN",
    details: { unauthenticated: true },
  });
}

function historyOf({ store: whole }: Context): ReadHistory {
  return async (after, projects) => {
    const store = projects === undefined ? whole : scopedStore(whole, projects);
    const { events, next } = await store.history.follow({ after, limit: FEED_PAGE });
    const refOf = await refWriter(store);
    return { events: events.map((event) => ({ place: event.place, view: eventView(event, refOf) })), next };
  };
}
