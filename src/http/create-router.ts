import { type Context as HonoContext, Hono } from "hono";
import { bodyLimit } from "hono/body-limit";
import { formatActor } from "#domain/actor.ts";
import type { Caller } from "#domain/caller.ts";
import { SluiceError, invalidField } from "#domain/errors.ts";
import type { AnyOperation } from "#operations/operation.ts";
import { callOperation, checkoutOf } from "./call-operation.ts";
import { eventStream } from "./event-feed.ts";
import type { HttpInterface } from "./http-interface.ts";
import type { Metrics } from "./metrics.ts";
import { openApi } from "./open-api.ts";
import { problemResponse } from "./problem.ts";
import { readText } from "./call-request.ts";
import { referencePage } from "./reference-page.ts";
import { type RouteParts, routeOf, WORKER_PATHS, WORKER_PROTOCOL } from "./routes.ts";

const API = "/api/v1";

/** What the app needs of the socket under a request. */
export interface Connection {
  /** Lets a request be silent for as long as it wants. */
  readonly patient: () => void;
  /** Address of the other end. */
  readonly address: () => string;
}

/** An authenticated request: who sent it. */
interface Authenticated {
  readonly connection: Connection;
  /** Absent where anybody is answered. */
  readonly caller?: Caller;
  /** Told the route as it is written, for the metrics. */
  readonly routed: (route: string) => void;
}

interface Env {
  readonly Bindings: Authenticated;
}

type Router = (request: Request, authenticated: Authenticated) => Promise<Response>;

/** Paths that answer anybody: they say nothing of the workspace. */
export const OPEN_PATHS: ReadonlySet<string> = new Set([
  "/healthz",
  "/readyz",
  `${API}/openapi.json`,
  `${API}/docs`,
]);

/** Finds what answers a request: an operation, the changes, agents' protocol, the description, health or metrics. */
export function createRouter(http: HttpInterface, metrics: Metrics, stopping: AbortSignal): Router {
  const app = new Hono<Env>();
  const api = new Hono<Env>();
  app.onError((error) => {
    throw error;
  });
  const known = knownRoutes(http);
  app.notFound((c) => notFound(c, known));
  serveAnybody(app, http, stopping);
  app.get("/metrics", (c) =>
    c.text(metrics.text({ event_streams: http.feed.readers() }), 200, {
      "Content-Type": "text/plain; version=0.0.4",
    }),
  );
  const bounded = bodyLimit({
    maxSize: http.limits.bodyBytes,
    onError: () => problemResponse(tooLarge(http.limits.bodyBytes), { status: 413 }),
  });
  app.use("/mcp", bounded);
  app.all("/mcp", async (c) => {
    c.env.connection.patient();
    c.env.routed("/mcp");
    const { raw } = c.req;
    const request =
      raw.body === null ? raw : new Request(raw, { method: raw.method, body: await readText(raw) });
    return await http.mcp(request, callerOf(c));
  });
  api.use(bounded);
  api.get("/events", (c) => serveEvents(c, http, stopping));
  api.get("/caller", (c) => serveCaller(c, http));
  for (const [name, load] of Object.entries(http.operations)) {
    const route = routeOf(name);
    if (route !== undefined) serveOperation(api, http, route, load, stopping);
  }
  for (const path of ["/store/*", `${WORKER_PATHS}*`]) api.all(path, (c) => otherProtocol(c, known));
  app.route(API, api);
  return async (request, authenticated) => await app.fetch(request, authenticated);
}

function knownRoutes({ operations }: HttpInterface): readonly KnownRoute[] {
  const below = [
    { method: "GET", path: "/events" },
    { method: "GET", path: "/caller" },
    ...Object.keys(operations).flatMap((name) => routeOf(name) ?? []),
  ];
  const beside = ["/metrics", ...OPEN_PATHS].map((path) => ({ method: "GET", path }));
  return [...beside, ...below.map(({ method, path }) => ({ method, path: `${API}${path}` }))];
}

function notFound(c: HonoContext<Env>, known: readonly KnownRoute[]): Response {
  const hint = `What there is: ${API}/openapi.json, for people ${API}/docs`;
  const allowed = allowedMethods(known, c.req.path);
  if (allowed.length === 0) throw new SluiceError("not_found", "There is nothing at this address", { hint });
  const refusal = new SluiceError("invalid", `${c.req.method} is not supported at this address`, {
    hint,
    details: { field: "method", value: c.req.method, accepted: allowed },
  });
  return problemResponse(refusal, { status: 405, headers: { Allow: allowed.join(", ") } });
}

function serveAnybody(app: Hono<Env>, http: HttpInterface, stopping: AbortSignal): void {
  app.get(`${API}/openapi.json`, async (c) => c.json(await openApi(http)));
  app.get(`${API}/docs`, async (c) => c.html(referencePage(await openApi(http))));
  app.get("/healthz", (c) => c.text("ok\n"));
  app.get("/readyz", async (c) => {
    if (stopping.aborted) throw new SluiceError("unavailable", "The server is stopping");
    await http.ready();
    return c.text("ok\n");
  });
}

function callerOf(c: HonoContext<Env>): Caller {
  const { caller } = c.env;
  if (caller === undefined) throw new Error("A request was routed before it was authenticated");
  return caller;
}

function serveOperation(
  api: Hono<Env>,
  http: HttpInterface,
  route: RouteParts,
  load: HttpInterface["operations"][string],
  stopping: AbortSignal,
): void {
  let loaded: AnyOperation | undefined;
  const name = `${API}${route.path}`;
  api.on(route.method, route.path.replaceAll(/\{(\w+)\}/g, ":$1"), async (c) => {
    c.env.routed(name);
    const operation = (loaded ??= await load());
    if (operation.name === "wait") c.env.connection.patient();
    return await callOperation({
      http,
      operation,
      route,
      request: c.req.raw,
      params: c.req.param(),
      caller: callerOf(c),
      stopping,
    });
  });
}

async function serveEvents(
  c: HonoContext<Env>,
  http: HttpInterface,
  stopping: AbortSignal,
): Promise<Response> {
  c.env.routed(`${API}/events`);
  const caller = callerOf(c);
  const { auth, projects } = caller;
  // What a lease proves ends with it; the log of the item tells the same.
  if (auth === "run" && projects !== undefined)
    throw new SluiceError("denied", "The lease of a run opens no stream of changes", {
      hint: "Ask for what changed with: GET /api/v1/log?ref=…",
    });
  if (http.feed.readers() >= http.limits.streams)
    throw new SluiceError("limited", `${http.limits.streams} streams of changes are open already`, {
      hint: "Try again later, or share one stream between readers",
    });
  c.env.connection.patient();
  const lastSeen = c.req.header("last-event-id");
  const after = lastSeen ?? c.req.query("after");
  const signal = AbortSignal.any([stopping, c.req.raw.signal]);
  const reader = { isKnown: () => http.isKnown(caller), projects };
  return await eventStream(http.feed, after, reader, signal).catch((error: unknown) => {
    const isPlace = error instanceof SluiceError && error.details["field"] === "cursor";
    if (!isPlace) throw error;
    const field = lastSeen === undefined ? "after" : "Last-Event-ID";
    throw invalidField(field, after, "the id of an event of this stream");
  });
}

/** A program that speaks another protocol between machines is told so; what is not a call of that one is not there. */
function otherProtocol(c: HonoContext<Env>, known: readonly KnownRoute[]): Response {
  if (c.req.path.startsWith(`${API}${WORKER_PATHS}v${WORKER_PROTOCOL}/`)) return notFound(c, known);
  throw new SluiceError(
    "conflict",
    `This server speaks version ${WORKER_PROTOCOL} of the protocol between machines, and was asked in another`,
    {
      hint: "Update the older of the two: compare sluice --version",
      details: { server: WORKER_PROTOCOL },
    },
  );
}

/** Who the caller is here, and what they may do. */
async function serveCaller(c: HonoContext<Env>, http: HttpInterface): Promise<Response> {
  c.env.routed(`${API}/caller`);
  const { actor, auth, authority, role, projects } = callerOf(c);
  const checkout = checkoutOf(c.req.header("sluice-checkout"));
  const project = checkout === undefined ? undefined : await http.projectAt(callerOf(c), checkout);
  return c.json({
    actor: formatActor(actor),
    auth,
    authority,
    ...(role === undefined ? {} : { role }),
    scoped: projects !== undefined,
    worker_protocol: WORKER_PROTOCOL,
    ...(project === undefined ? {} : { project }),
  });
}

function tooLarge(bytes: number): SluiceError {
  return new SluiceError("invalid", `The body is larger than ${bytes} bytes`, { details: { field: "body" } });
}

/** A method and a path with `{field}` as written. */
interface KnownRoute {
  readonly method: string;
  readonly path: string;
}

/** The methods that are answered at a path, sorted; none where nothing is there. What answers `GET` answers `HEAD`. */
function allowedMethods(routes: readonly KnownRoute[], path: string): readonly string[] {
  const given = path.split("/");
  const methods = routes.filter((route) => matches(route.path.split("/"), given)).map(({ method }) => method);
  return [
    ...new Set(methods.flatMap((method) => (method === "GET" ? ["GET", "HEAD"] : [method]))),
  ].toSorted();
}

const matches = (parts: readonly string[], given: readonly string[]): boolean =>
  parts.length === given.length &&
  parts.every((part, at) => (part.startsWith("{") ? given[at] !== "" : part === given[at]));
