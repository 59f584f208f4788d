import { z } from "zod";
import { ERROR_CATALOGUE, type ErrorCode } from "#domain/errors.ts";
import type { AnyOperation } from "#operations/operation.ts";
import type { HttpInterface } from "./http-interface.ts";
import { routeOf, type RouteParts } from "./routes.ts";

type Json = Readonly<Record<string, unknown>>;

/** The interface as an OpenAPI 3.1 document, made from the registry's own schemas. */
export async function openApi({ version, operations }: Pick<HttpInterface, "version" | "operations">) {
  const paths: Record<string, Record<string, Json>> = { ...structuredClone(OTHER_PATHS) };
  for (const [name, load] of Object.entries(operations)) {
    const route = routeOf(name);
    if (route === undefined) continue;
    const path = (paths[route.path] ??= {});
    path[route.method.toLowerCase()] = operationObject(await load(), route);
  }
  return {
    openapi: "3.1.1",
    info: {
      title: "Sluice",
      version,
      summary: "The backlog that coding agents drain",
      description:
        "Every operation of the command line, with the same input, answer and refusals. Times are ISO 8601 in UTC; durations and times that are given are milliseconds.",
      license: { name: "MIT", identifier: "MIT" },
    },
    servers: [{ url: "/api/v1" }],
    security: [{ token: [] }, {}],
    tags: tagsOf(Object.keys(paths)),
    paths,
    components: {
      securitySchemes: {
        token: { type: "http", scheme: "bearer", description: "Made with: sluice token create" },
      },
      parameters: PARAMETERS,
      schemas: { Problem: PROBLEM, NothingReady: NOTHING_READY },
      headers: {
        ETag: {
          schema: { type: "string" },
          description: "Tag of the answer; send it as If-Match to change an item, a project or a repository",
        },
        Link: { schema: { type: "string" }, description: 'The next page, as rel="next"' },
      },
    },
  } as const;
}

/** Headers that every operation takes; keys and versions those that write. */
const PARAMETERS: Readonly<Record<string, Json>> = {
  Project: header("Sluice-Project", "Alias of the project, where the input names none", { type: "string" }),
  Lease: header("Sluice-Lease", "Lease to work under, where the input names none", { type: "string" }),
  Actor: header("Sluice-Actor", "Who acts, as ai:NAME, on this machine and without a token", {
    type: "string",
  }),
  IdempotencyKey: header("Idempotency-Key", "Makes a repeated call answer what the first one did", {
    type: "string",
    pattern: "^[\\x21-\\x7e]{1,200}$",
  }),
  IfMatch: header("If-Match", "Version that a change is made on: the ETag of the item", { type: "string" }),
  IfNoneMatch: header("If-None-Match", "ETag of an answer that is known: 304 where it still holds", {
    type: "string",
  }),
};

function header(name: string, description: string, schema: Json): Json {
  return { name, in: "header", required: false, description, schema };
}

const PROBLEM: Json = {
  type: "object",
  description: "A refusal (RFC 9457): what is wrong, and what to do next",
  required: ["type", "title", "status", "detail", "code", "details"],
  properties: {
    type: { type: "string" },
    title: { type: "string" },
    status: { type: "integer" },
    detail: { type: "string" },
    code: { type: "string", enum: Object.keys(ERROR_CATALOGUE) },
    hint: { type: "string" },
    details: { type: "object" },
  },
};

const NOTHING_READY: Json = {
  type: "object",
  description: "Nothing is ready, which is not a failure; the header Sluice-Code says nothing_ready",
  required: ["item", "why", "message"],
  properties: {
    item: { type: "null" },
    why: { type: "object" },
    message: { type: "string" },
    hint: { type: "string" },
  },
};

const CALLER: Json = {
  type: "object",
  required: ["actor", "auth", "authority", "scoped", "worker_protocol"],
  additionalProperties: false,
  properties: {
    actor: { type: "string" },
    auth: { type: "string" },
    authority: { type: "string" },
    role: { type: "string" },
    scoped: { type: "boolean", description: "Whether the token is for some projects only" },
    worker_protocol: { type: "integer", description: "Version of the protocol between machines, /worker/vN" },
    project: { type: "string", description: "That of the checkout, where there are several" },
  },
};

const problem = (description: string): Json => ({
  description,
  content: { "application/problem+json": { schema: { $ref: "#/components/schemas/Problem" } } },
});

const OTHER_PATHS: Record<string, Record<string, Json>> = {
  "/caller": {
    get: {
      operationId: "caller",
      tags: ["caller"],
      summary: "Show who the caller is, and what they may do",
      parameters: [
        header("Sluice-Checkout", "HOST and the percent-encoded path of git's common directory there", {
          type: "string",
        }),
      ],
      responses: {
        "200": { description: "The answer", content: { "application/json": { schema: CALLER } } },
        default: problem("Refused"),
      },
    },
  },
  "/events": {
    get: {
      operationId: "events",
      tags: ["events"],
      summary: "Follow what changes, as server-sent events",
      description:
        "Each event `change` holds an entry of the history as `log` shows it; its id is the place after it. After a break the stream continues after `Last-Event-ID` and skips nothing.",
      parameters: [
        header("Last-Event-ID", "Id of the last event seen", { type: "string" }),
        { name: "after", in: "query", required: false, schema: { type: "string" }, description: "The same" },
      ],
      responses: {
        "200": {
          description: "The stream",
          content: { "text/event-stream": { schema: { type: "string" } } },
        },
        default: problem("Refused"),
      },
    },
  },
};

/** What stands at an address belongs together. */
const tagOf = (path: string): string => path.split("/")[1] ?? path;
const tagsOf = (paths: readonly string[]) => [...new Set(paths.map(tagOf))].map((name) => ({ name }));

function operationObject(operation: AnyOperation, route: RouteParts): Json {
  const { name, summary, description, effect, authority } = operation;
  const [required, properties] = inputFields(operation);
  const isRead = route.method === "GET";
  const rest = Object.entries(properties).filter(([field]) => !route.fields.includes(field));
  const inPath = route.fields.map((field) => ({
    name: field,
    in: "path",
    required: true,
    ...described(properties[field]),
  }));
  const inQuery = rest.map(([field, schema]) => ({
    name: field,
    in: "query",
    required: required.includes(field),
    ...described(schema),
  }));
  const headers = [
    "Project",
    "Lease",
    "Actor",
    ...(effect === "read" ? ["IfNoneMatch"] : ["IdempotencyKey"]),
    ...("ifVersion" in properties ? ["IfMatch"] : []),
  ];
  return {
    operationId: name,
    tags: [tagOf(route.path)],
    summary,
    description: [description, `Needs the authority to ${authority}.`].filter(Boolean).join("\n\n"),
    parameters: [
      ...inPath,
      ...(isRead ? inQuery : []),
      ...headers.map((one) => ({ $ref: `#/components/parameters/${one}` })),
    ],
    ...(isRead || rest.length === 0 ? {} : { requestBody: bodyOf(rest, required) }),
    responses: responsesOf(operation, "ifVersion" in properties),
  };
}

function bodyOf(fields: readonly (readonly [string, Json])[], required: readonly string[]): Json {
  const names = fields.map(([field]) => field).filter((field) => required.includes(field));
  const schema = {
    type: "object",
    properties: Object.fromEntries(fields),
    additionalProperties: false,
    ...(names.length === 0 ? {} : { required: names }),
  };
  return { required: names.length > 0, content: { "application/json": { schema } } };
}

/** What every call may be refused with, whatever its operation; a key that another call has is a conflict. */
function codesOf({ effect, errors }: AnyOperation): readonly ErrorCode[] {
  const byKey: readonly ErrorCode[] = effect === "read" ? [] : ["conflict"];
  return ["invalid", "denied", "limited", "unavailable", ...byKey, ...errors];
}

function responsesOf(operation: AnyOperation, takesVersion: boolean): Json {
  const { output, errors } = operation;
  const answer = withoutDialect(z.toJSONSchema(output, { io: "output", unrepresentable: "any" }));
  const schema = errors.includes("nothing_ready")
    ? { anyOf: [{ $ref: "#/components/schemas/NothingReady" }, answer] }
    : answer;
  const statuses = Map.groupBy(
    codesOf(operation).filter((code) => code !== "nothing_ready"),
    (code) => ERROR_CATALOGUE[code].http,
  );
  const refusals = [...statuses].map(([status, of]): [string, Json] => [
    String(status),
    problem([...new Set(of)].map((code) => `\`${code}\``).join(", ")),
  ]);
  return {
    "200": {
      description: "The answer",
      headers: {
        ETag: { $ref: "#/components/headers/ETag" },
        Link: { $ref: "#/components/headers/Link" },
      },
      content: { "application/json": { schema } },
    },
    ...(operation.effect === "read"
      ? { "304": { description: "What the caller has is still current" } }
      : {}),
    "401": problem("`denied`: a live token is needed"),
    ...(takesVersion ? { "412": problem("`conflict`: the version in `If-Match` is no longer current") } : {}),
    ...Object.fromEntries(refusals),
    default: problem("Refused"),
  };
}

const Fields = z.object({
  required: z.array(z.string()).default([]),
  properties: z.record(z.string(), z.record(z.string(), z.unknown())).default({}),
});

/** Fields of an operation's input: which are required, and the schema of each. */
function inputFields({ input }: AnyOperation): readonly [readonly string[], Readonly<Record<string, Json>>] {
  const { required, properties } = Fields.parse(
    withoutDialect(z.toJSONSchema(input, { io: "input", unrepresentable: "any" })),
  );
  return [required, properties];
}

/** What a schema says of itself belongs beside it in a parameter. */
function described(schema: Json | undefined): Json {
  const { description, ...rest } = schema ?? {};
  return { schema: rest, ...(description === undefined ? {} : { description }) };
}

/** Marks that only the command line reads, and the dialect, which the document names for all. */
const OURS = new Set(["$schema", "cli", "flag", "short"]);

function withoutDialect(schema: Json): Json {
  return Object.fromEntries(
    Object.entries(schema)
      .filter(([keyword]) => !OURS.has(keyword))
      .map(([keyword, value]) => [keyword, keyword === "properties" ? mapSchemas(value) : deepen(value)]),
  );
}

const isObject = (value: unknown): value is Json =>
  typeof value === "object" && value !== null && !Array.isArray(value);

function deepen(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(deepen);
  return isObject(value) ? withoutDialect(value) : value;
}

function mapSchemas(value: unknown): unknown {
  if (!isObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, deepen(one)]));
}
