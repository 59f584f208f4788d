import type { OperationName, MACHINE_REGISTRY } from "#operations/registry.ts";

/**
 * Version of what a program of another machine and a server say to each other below `WORKER_PATHS`. It grows when one of those operations
 * changes its meaning or form, since their answers hold the store's own records.
 */
export const WORKER_PROTOCOL = 2;
export const WORKER_PATHS = "/worker/";

type Method = "GET" | "POST" | "PUT" | "PATCH" | "DELETE";

/** A method and a path below `/api/v1`; `{field}` stands for a field of the operation's input. */
type Route = `${Method} /${string}`;

/**
 * Where each operation is found. A `GET` takes its input from the query, everything else from a JSON body. Absent are those that read
 * and write files by path: over a network a path would be one of the server's.
 */
export const ROUTES = {
  status: "GET /status",
  inbox: "GET /inbox",
  starvation: "GET /starvation",
  "project.add": "POST /projects",
  "project.list": "GET /projects",
  "project.show": "GET /projects/{project}",
  "project.edit": "PATCH /projects/{project}",
  "project.archive": "POST /projects/{project}/archive",
  "repo.add": "POST /repos",
  "repo.list": "GET /repos",
  "repo.edit": "PATCH /repos/{repo}",
  "repo.remove": "DELETE /repos/{repo}",
  "item.add": "POST /items",
  "item.list": "GET /items",
  "item.show": "GET /items/{ref}",
  "item.edit": "PATCH /items/{ref}",
  "item.move": "POST /items/{ref}/move",
  "item.drop": "POST /items/{ref}/drop",
  "item.reopen": "POST /items/{ref}/reopen",
  "item.close": "POST /items/{ref}/close",
  "item.unblock": "POST /items/{ref}/unblock",
  "item.bump": "POST /items/{ref}/bump",
  "item.snooze": "POST /items/{ref}/snooze",
  "link.add": "POST /items/{ref}/links",
  "link.remove": "DELETE /items/{ref}/links/{kind}/{to}",
  note: "POST /items/{ref}/notes",
  decide: "POST /items/{ref}/decide",
  "evidence.add": "POST /items/{ref}/evidence",
  propose: "POST /candidates",
  "sweep.next": "POST /sweep/next",
  "sweep.end": "POST /sweep/end",
  "gate.list": "GET /candidates",
  "gate.show": "GET /candidates/{candidate}",
  "gate.approve": "POST /candidates/approve",
  "gate.reject": "POST /candidates/reject",
  "gate.merge": "POST /candidates/{candidate}/merge",
  next: "GET /next",
  claim: "POST /claims",
  wait: "GET /wait",
  why: "GET /items/{ref}/why",
  heartbeat: "POST /lease/heartbeat",
  release: "POST /lease/release",
  block: "POST /lease/block",
  ask: "POST /lease/ask",
  finish: "POST /lease/finish",
  "plan.set": "PUT /items/{ref}/plan",
  "plan.history": "GET /items/{ref}/plans",
  "run.list": "GET /runs",
  "run.show": "GET /runs/{run}",
  "run.log": "GET /runs/{run}/log",
  "run.diff": "GET /runs/{run}/diff",
  "run.stop": "POST /runs/{run}/stop",
  pause: "POST /pause",
  resume: "POST /resume",
  verify: "POST /items/{ref}/verify",
  return: "POST /items/{ref}/return",
  land: "POST /land",
  doctor: "GET /doctor",
  "doctor.fix": "POST /doctor/fix",
  "lane.list": "GET /lanes",
  "lane.edit": "PUT /lanes/{lane}",
  "config.list": "GET /config",
  "config.get": "GET /config/{key}",
  "config.set": "PUT /config/{key}",
  "git.scan": "POST /git/scan",
  "todo.import": undefined,
  "todo.export": undefined,
  "todo.check": undefined,
  undo: "POST /undo",
  "log.seal": "POST /log/seal",
  "log.redact": "POST /log/redact",
  "log.archive": "POST /log/archive",
  "token.create": "POST /tokens",
  "token.list": "GET /tokens",
  "token.revoke": "POST /tokens/{token}/revoke",
  "log.denials": "GET /denials",
  log: "GET /log",
  who: "GET /commits/{of}/who",
  "worker.report": "POST /worker/v2/report",
  "worker.look": "POST /worker/v2/look",
  "worker.upkeep": "POST /worker/v2/upkeep",
  "worker.claim": "POST /worker/v2/claim",
  "worker.open": "POST /worker/v2/open",
  "worker.renew": "POST /worker/v2/renew",
  "worker.record": "POST /worker/v2/record",
  "worker.end": "POST /worker/v2/end",
  "worker.intend": "POST /worker/v2/intend",
  "worker.settle": "POST /worker/v2/settle",
  "worker.advance": "POST /worker/v2/advance",
  "worker.return": "POST /worker/v2/return",
  "worker.leave": "POST /worker/v2/leave",
  "repo.known": "POST /worker/v2/repo-known",
  "repo.register": "POST /worker/v2/repo-register",
  "repo.change": "POST /worker/v2/repo-change",
  "who.explain": "POST /worker/v2/who-explain",
  "git.record": "POST /worker/v2/git-record",
  "git.open": "POST /worker/v2/git-open",
  "git.settle": "POST /worker/v2/git-settle",
  "verify.approve": "POST /worker/v2/verify-approve",
  "todo.known": "POST /worker/v2/todo-known",
  "todo.file": "POST /worker/v2/todo-file",
  "todo.changes": "POST /worker/v2/todo-changes",
} as const satisfies Readonly<Record<OperationName, Route | undefined>> &
  Readonly<Record<keyof typeof MACHINE_REGISTRY, `POST /worker/v${typeof WORKER_PROTOCOL}/${string}`>>;

/** A route taken apart. */
export interface RouteParts {
  readonly method: Method;
  /** With `{field}` as written. */
  readonly path: string;
  /** Input fields that stand in the path, in order. */
  readonly fields: readonly string[];
}

function routeParts(route: Route): RouteParts {
  const [method = "", path = ""] = route.split(" ");
  const fields = [...path.matchAll(/\{(\w+)\}/g)].map(([, field = ""]) => field);
  return { method: METHODS[method] ?? "GET", path, fields };
}

const METHODS: Readonly<Record<string, Method>> = {
  GET: "GET",
  POST: "POST",
  PUT: "PUT",
  PATCH: "PATCH",
  DELETE: "DELETE",
};

/** The route of an operation by name; undefined where it has none. */
export function routeOf(name: string): RouteParts | undefined {
  const route = Object.entries(ROUTES).find(([operation]) => operation === name)?.[1];
  return route === undefined ? undefined : routeParts(route);
}
