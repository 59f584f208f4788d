import { type Context as HonoContext, Hono } from "hono";
import { bodyLimit } from "hono/body-limit";
import { formatActor } from "#domain/actor.ts";
import type { Caller } from "#domain/caller.ts";
import { SluiceError } from "#domain/errors.ts";
import { callOperation, checkoutOf } from "./call-operation.ts";
import { eventStream } from "./event-stream.ts";
import { guardRequest } from "./guard-request.ts";
import type { HttpDoor } from "./http-door.ts";
import { createMetrics, type Metrics } from "./metrics.ts";
import { openApi } from "./open-api.ts";
import { problemResponse } from "./problem.ts";
import { rateLimit } from "./rate-limit.ts";
import { referencePage } from "./reference-page.ts";
import { routeOf, type RouteParts } from "./routes.ts";

const API = "/api/v1";

/** What the app needs of the socket under a request. */
export interface Connection {
  /** Lets a request be silent for as long as it wants. */
  readonly patient: () => void;
  /** Address of the other end. */
  readonly address: string;
}

export interface HttpApp {
  readonly fetch: (request: Request, connection: Connection) => Promise<Response>;
  /** Ends streams and waits; what is being answered is answered. */
  readonly stop: () => void;
}

interface Env {
  readonly Bindings: Connection;
  readonly Variables: { readonly caller: Caller; readonly route: string };
}

/** Everything that is answered over HTTP: the operations, the changes, the document, health and metrics. */
export function createHttpApp(door: HttpDoor): HttpApp {
  const { limits, clock } = door;
  const stopping = new AbortController();
  const metrics = createMetrics();
  const app = new Hono<Env>();
  const api = new Hono<Env>();

  app.use(async (c, next) => {
    const startedAt = clock();
    await next();
    for (const [name, value] of SAFE_HEADERS) c.res.headers.set(name, value);
    const route = c.get("route") ?? "other";
    metrics.answered({ method: c.req.method, route, status: c.res.status, ms: clock() - startedAt });
  });
  app.use(async (c, next) => {
    guardRequest(c.req.raw, door.hosts);
    await next();
  });
  app.onError((error) => answerRefusal(door, metrics, error));
  app.notFound(() =>
    problemResponse(
      new SluiceError("not_found", "There is nothing at this address", {
        hint: `What there is: ${API}/openapi.json, for people ${API}/docs`,
      }),
    ),
  );
  serveAnybody(app, door, metrics, stopping.signal);

  const callers = authentication(door);
  app.use("/metrics", callers);
  app.get("/metrics", (c) =>
    c.text(metrics.text({ event_streams: door.feed.readers() }), 200, {
      "Content-Type": "text/plain; version=0.0.4",
    }),
  );
  app.use("/mcp", callers);
  app.all("/mcp", (c) => {
    c.env.patient();
    c.set("route", "/mcp");
    return door.mcp(c.req.raw, c.get("caller"));
  });
  api.use(callers);
  api.use(
    bodyLimit({
      maxSize: limits.bodyBytes,
      onError: () => problemResponse(tooLarge(limits.bodyBytes), { status: 413 }),
    }),
  );
  api.get("/events", (c) => serveEvents(c, door, stopping.signal));
  api.get("/caller", (c) => serveCaller(c, door));
  api.post("/store/:member", (c) => serveStore(c, door));
  for (const [name, load] of Object.entries(door.operations)) {
    const route = routeOf(name);
    if (route !== undefined) serveOperation(api, door, route, load, stopping.signal);
  }
  app.route(API, api);
  return {
    fetch: async (request, connection) => await app.fetch(request, connection),
    stop: () => stopping.abort(),
  };
}

/** Nothing of an answer is another site's to show, keep or run. */
const SAFE_HEADERS: readonly (readonly [string, string])[] = [
  ["X-Content-Type-Options", "nosniff"],
  ["X-Frame-Options", "DENY"],
  ["Referrer-Policy", "no-referrer"],
  ["Cross-Origin-Resource-Policy", "same-origin"],
  ["Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'"],
];

/** Health and the description say nothing of the workspace. */
function serveAnybody(app: Hono<Env>, door: HttpDoor, metrics: Metrics, stopping: AbortSignal): void {
  app.get(`${API}/openapi.json`, async (c) => c.json(await openApi(door)));
  app.get(`${API}/docs`, async (c) => c.html(referencePage(await openApi(door))));
  app.get("/healthz", (c) => c.text("ok\n"));
  app.get("/readyz", async (c) => {
    if (stopping.aborted)
      return answerRefusal(door, metrics, new SluiceError("unavailable", "The server is stopping"));
    await door.ready();
    return c.text("ok\n");
  });
}

/** Says who calls, and that they do not call too often. */
function authentication(door: HttpDoor) {
  const { requestsPerSecond } = door.limits;
  const wait = rateLimit(requestsPerSecond, requestsPerSecond * 2, door.clock);
  const waitAfterFailure = rateLimit(FAILURES_PER_SECOND, FAILURES_BURST, door.clock);
  return async (c: HonoContext<Env>, next: () => Promise<void>): Promise<void> => {
    const token = /^Bearer (\S+)$/i.exec(c.req.header("authorization") ?? "")?.[1];
    const given = {
      ...named("token", token),
      ...named("actor", c.req.header("sluice-actor")),
      ...named("lease", c.req.header("sluice-lease")),
      ...named("run", c.req.header("sluice-run")),
    };
    const caller = await door.authenticate(given).catch((error: unknown) => {
      const waitS = waitAfterFailure(c.env.address);
      throw waitS === 0 ? error : tooMany(waitS);
    });
    const waitS = wait(token ?? c.env.address);
    if (waitS > 0) throw tooMany(waitS);
    c.set("caller", caller);
    await next();
  };
}

/** Failed proofs of an address: twenty at once, then one every three seconds. */
const FAILURES_PER_SECOND = 1 / 3;
const FAILURES_BURST = 20;

function serveOperation(
  api: Hono<Env>,
  door: HttpDoor,
  route: RouteParts,
  load: HttpDoor["operations"][string],
  stopping: AbortSignal,
): void {
  api.on(route.method, route.path.replaceAll(/\{(\w+)\}/g, ":$1"), async (c) => {
    c.set("route", `${API}${route.path}`);
    const operation = await load();
    if (operation.name === "wait") c.env.patient();
    return await callOperation({
      door,
      operation,
      route,
      request: c.req.raw,
      params: c.req.param(),
      caller: c.get("caller"),
      stopping,
    });
  });
}

async function serveEvents(c: HonoContext<Env>, door: HttpDoor, stopping: AbortSignal): Promise<Response> {
  c.set("route", `${API}/events`);
  if (c.get("caller").projects !== undefined)
    throw new SluiceError(
      "denied",
      "The changes are those of the whole workspace; this token is for some projects",
      {
        hint: "Ask for what changed with: GET /api/v1/log?ref=…",
      },
    );
  if (door.feed.readers() >= door.limits.streams)
    throw new SluiceError("limited", `There are ${door.limits.streams} readers of changes already`, {
      hint: "Try again later, or let one stream serve several readers",
    });
  c.env.patient();
  const after = c.req.header("last-event-id") ?? c.req.query("after");
  return await eventStream(door.feed, after, AbortSignal.any([stopping, c.req.raw.signal]));
}

/** Who the caller is here, and what they may do. */
async function serveCaller(c: HonoContext<Env>, door: HttpDoor): Promise<Response> {
  c.set("route", `${API}/caller`);
  const { actor, auth, authority, role, projects } = c.get("caller");
  const checkout = checkoutOf(c.req.header("sluice-checkout"));
  const project = checkout === undefined ? undefined : await door.projectAt(c.get("caller"), checkout);
  return c.json({
    actor: formatActor(actor),
    auth,
    authority,
    ...named("role", role),
    scoped: projects !== undefined,
    ...named("project", project),
  });
}

async function serveStore(c: HonoContext<Env>, door: HttpDoor): Promise<Response> {
  c.set("route", `${API}/store`);
  const answer = await door.callStore(c.get("caller"), c.req.param("member") ?? "", await c.req.json());
  return Response.json({ answer: answer ?? null, isUndefined: answer === undefined });
}

async function answerRefusal(door: HttpDoor, metrics: Metrics, error: unknown): Promise<Response> {
  const shown = await door.refusal(error);
  metrics.refused(shown.code);
  const isUnknown = shown.code === "denied" && shown.details["unauthenticated"] === true;
  return problemResponse(
    shown,
    isUnknown ? { status: 401, headers: { "WWW-Authenticate": 'Bearer realm="sluice"' } } : {},
  );
}

function tooMany(waitS: number): SluiceError {
  return new SluiceError("limited", "You ask too often", {
    hint: `Try again in ${Math.ceil(waitS)} s`,
    details: { retry_after_s: Math.ceil(waitS) },
  });
}

function tooLarge(bytes: number): SluiceError {
  return new SluiceError("invalid", `The body is larger than ${bytes} bytes`, { details: { field: "body" } });
}

const named = <N extends string>(name: N, value: string | undefined): { readonly [K in N]?: string } =>
  value === undefined || value === "" ? {} : ({ [name]: value } as { readonly [K in N]?: string });
