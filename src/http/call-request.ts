import { z } from "zod";
import { SluiceError, invalidField } from "#domain/errors.ts";
import type { AnyOperation } from "#operations/operation.ts";
import type { RouteParts } from "./routes.ts";

type Input = Readonly<Record<string, unknown>>;

/** A call as it stands in a request: where it goes, and its body where there is one. */
interface CallRequest {
  /** Below `/api/v1`, with the query. */
  readonly path: string;
  readonly body?: Input;
}

/** Puts an operation's input into a request; `readCall` is its inverse. A list in a query repeats its name. */
export function writeCall({ method, path, fields }: RouteParts, input: Input): CallRequest {
  const filled = path.replaceAll(/\{(\w+)\}/g, (_, field: string) =>
    encodeURIComponent(String(input[field])),
  );
  const rest = Object.entries(input).filter(
    ([field, value]) => !fields.includes(field) && value !== undefined,
  );
  if (method !== "GET") return { path: filled, body: Object.fromEntries(rest) };
  const query = new URLSearchParams(
    rest.flatMap(([field, value]) =>
      (Array.isArray(value) ? value : [value]).map((one): [string, string] => [field, String(one)]),
    ),
  );
  return { path: query.size === 0 ? filled : `${filled}?${query.toString()}` };
}

/** The input of an operation out of a request, unchecked but for the shape that its text needs. */
export function readCall(
  operation: AnyOperation,
  { method, fields }: RouteParts,
  request: { readonly params: Readonly<Record<string, string>>; readonly url: URL; readonly body: unknown },
): Input {
  const kinds = fieldKinds(operation);
  const fromPath = Object.fromEntries(
    fields.map((field) => [field, readValue(kinds[field], request.params[field] ?? "")]),
  );
  const rest = method === "GET" ? readQuery(operation, request.url.searchParams) : bodyInput(request.body);
  const twice = fields.find((field) => field in rest);
  if (twice !== undefined)
    throw new SluiceError("invalid", `${twice} is given in the path and again beside it`, {
      hint: "Omit it from the query or the body",
      details: { field: twice },
    });
  return { ...rest, ...fromPath };
}

const Body = z.record(z.string(), z.unknown());

function bodyInput(body: unknown): Input {
  const read = Body.safeParse(body ?? {});
  if (read.success) return read.data;
  throw new SluiceError("invalid", "The body is not a JSON object", { details: { field: "body" } });
}

const Property = z.object({ type: z.string().optional() });
const Properties = z.object({ properties: z.record(z.string(), Property).optional() });

/** What an input field of a query is read as, by its name. */
function fieldKinds(operation: AnyOperation): Readonly<Record<string, string>> {
  const known = KINDS.get(operation);
  if (known !== undefined) return known;
  const { properties = {} } = Properties.parse(
    z.toJSONSchema(operation.input, { io: "input", unrepresentable: "any" }),
  );
  const kinds = Object.fromEntries(
    Object.entries(properties).map(([name, { type }]) => [name, type ?? "string"]),
  );
  KINDS.set(operation, kinds);
  return kinds;
}
const KINDS = new WeakMap<AnyOperation, Readonly<Record<string, string>>>();

function readQuery(operation: AnyOperation, query: URLSearchParams): Input {
  const kinds = fieldKinds(operation);
  const read = [...new Set(query.keys())].map((field) => {
    const values = query.getAll(field);
    const kind = kinds[field];
    if (kind === "array") return [field, values] as const;
    if (values.length > 1) throw invalidField(field, values, "one value");
    return [field, readValue(kind, values[0] ?? "")] as const;
  });
  return Object.fromEntries(read);
}

/** What does not read as its kind stays text, which the operation's schema refuses by name. */
function readValue(kind: string | undefined, text: string): unknown {
  if (kind === "boolean") return text === "true" ? true : text === "false" ? false : text;
  if (kind !== "integer" && kind !== "number") return text;
  const number = Number(text);
  return text.trim() !== "" && Number.isFinite(number) ? number : text;
}

/** JSON alone, in UTF-8: a body of any other type could be sent by a page of another site without the browser asking this server first. */
const JSON_TYPE = /^application\/json\s*(?:;\s*charset="?utf-8"?\s*)?;?\s*$/i;

/** The text of a request. Refuses with `invalid` what is not UTF-8, which would else be stored with other letters. */
export async function readText(request: Request): Promise<string> {
  const bytes = await request.arrayBuffer().catch((cause: unknown) => {
    throw new SluiceError("unavailable", "The body arrived incomplete", {
      hint: "Send the request again",
      cause,
    });
  });
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new SluiceError("invalid", "The body is not UTF-8", {
      hint: "Send JSON in UTF-8",
      details: { field: "body", accepted: "UTF-8" },
      cause,
    });
  }
}

/** The JSON of a request; undefined where it has no body. Refuses with `invalid` another type, and what is no JSON. */
export async function readBody(request: Request): Promise<unknown> {
  const text = await readText(request);
  if (text === "") return undefined;
  const type = request.headers.get("content-type") ?? "";
  if (!JSON_TYPE.test(type)) throw invalidField("Content-Type", type, "application/json, in UTF-8");
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new SluiceError("invalid", "The body is not JSON", { details: { field: "body" }, cause });
  }
}
