import type { openApi } from "./open-api.ts";

type Document = Awaited<ReturnType<typeof openApi>>;
type Json = Readonly<Record<string, unknown>>;

/** The document as one page that needs nothing else: no script, no font, no address of another site. */
export function referencePage({ info, paths, tags, components }: Document): string {
  const shared: Json = components.parameters;
  const { token } = components.securitySchemes;
  const entries = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ path, method, operation })),
  );
  const sections = tags.map(({ name }) => {
    const own = entries.filter(({ operation }) => list(operation["tags"]).includes(name));
    return own.length === 0
      ? ""
      : `<h2 id="${escape(name)}">${escape(name)}</h2>${own.map((one) => entry(one, shared)).join("")}`;
  });
  const index = tags.map(({ name }) => `<a href="#${escape(name)}">${escape(name)}</a>`).join(" ");
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escape(info.title)} ${escape(info.version)}: HTTP interface</title><style>${STYLE}</style></head>
<body><main><h1>${escape(info.title)} <small>${escape(info.version)}</small></h1>
<p>${escape(info.description)} The same as a document: <a href="openapi.json">openapi.json</a>.</p>
<p>A caller sends its token as <code>Authorization: Bearer slc_…</code> (${escape(token.description)}). Without one that is needed, or with one that is
not live, the answer is 401. A refusal is <code>application/problem+json</code>. 429 and 503 say in <code>Retry-After</code> when to come again.</p>
<nav>${index}</nav>${sections.join("\n")}</main></body></html>`;
}

const STYLE = `
:root{color-scheme:light dark}body{font:16px/1.5 system-ui,sans-serif;margin:0}main{max-width:60rem;margin:0 auto;padding:2rem 1rem}
nav a{margin-right:.75rem}h2{margin-top:2.5rem;border-bottom:1px solid}details{margin:.5rem 0;padding:.25rem .75rem;border:1px solid #8886;border-radius:.4rem}
summary{cursor:pointer}code{font:14px ui-monospace,monospace}.method{display:inline-block;min-width:4.5rem;font-weight:700}
table{border-collapse:collapse;width:100%;margin:.5rem 0}th,td{text-align:left;vertical-align:top;padding:.25rem .75rem .25rem 0}
small{font-weight:400;opacity:.75}`;

interface Entry {
  readonly path: string;
  readonly method: string;
  readonly operation: Json;
}

/** @param shared parameters that stand beside the paths, by name */
function entry({ path, method, operation }: Entry, shared: Json): string {
  const rows = [
    ...list(operation["parameters"]).flatMap((one) => parameterRow(resolved(one, shared))),
    ...bodyRows(operation["requestBody"]),
  ];
  const table =
    rows.length === 0 ? "" : `<table><tr><th>field<th>in<th>type<th>meaning</tr>${rows.join("")}</table>`;
  return `<details><summary><code><span class="method">${method.toUpperCase()}</span>${escape(path)}</code> ${escape(operation["summary"])}</summary>
<p>${escape(operation["description"] ?? "")}</p>${table}<p>${answers(operation["responses"])}</p></details>`;
}

/** A parameter, or the shared one that it points to. */
function resolved(parameter: unknown, shared: Json): unknown {
  const pointer = dig(parameter, ["$ref"]);
  return typeof pointer === "string" ? shared[pointer.split("/").at(-1) ?? ""] : parameter;
}

/** The statuses of an answer, each with what it means. */
function answers(responses: unknown): string {
  const all = isObject(responses) ? Object.entries(responses) : [];
  return all
    .filter(([status]) => status !== "default")
    .map(([status, one]) => `<code>${escape(status)}</code> ${escape(dig(one, ["description"]) ?? "")}`)
    .join("; ");
}

function parameterRow(parameter: unknown): readonly string[] {
  if (!isObject(parameter) || typeof parameter["name"] !== "string") return [];
  const { name, in: place, required, schema, description } = parameter;
  return [row(name, String(place), schema, description, required === true)];
}

function bodyRows(body: unknown): readonly string[] {
  const schema = dig(body, ["content", "application/json", "schema"]);
  const properties = dig(schema, ["properties"]);
  if (!isObject(properties)) return [];
  const required = list(dig(schema, ["required"]));
  return Object.entries(properties).map(([name, one]) =>
    row(name, "body", one, dig(one, ["description"]), required.includes(name)),
  );
}

function row(name: string, place: string, schema: unknown, meaning: unknown, isRequired: boolean): string {
  const mark = isRequired ? " <small>required</small>" : "";
  return `<tr><td><code>${escape(name)}</code>${mark}<td>${escape(place)}<td>${escape(typeName(schema))}<td>${escape(meaning ?? "")}</tr>`;
}

function typeName(schema: unknown): string {
  const type = dig(schema, ["type"]);
  const options = list(dig(schema, ["enum"]));
  if (options.length > 0) return options.join(" | ");
  if (type === "array") return `list of ${typeName(dig(schema, ["items"]))}`;
  return typeof type === "string" ? type : "value";
}

const isObject = (value: unknown): value is Json =>
  typeof value === "object" && value !== null && !Array.isArray(value);
const list = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);
const dig = (value: unknown, path: readonly string[]): unknown =>
  path.reduce<unknown>((inner, key) => (isObject(inner) ? inner[key] : undefined), value);

function escape(value: unknown): string {
  return String(value).replaceAll(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
