import { z } from "zod";
import type { AnyOperation } from "#operations/operation.ts";
import { type ObjectSchema, isSchema, objectSchema } from "./json-schema.ts";
import { type McpTool, ONCE, type ToolArguments, hintsOf, toolName } from "./mcp-tool.ts";

const Fields = z.array(z.string()).catch([]);

/** Any operation as a tool: all of its input, and an answer that names things by ref, lane and title. */
export function operationTool(operation: AnyOperation): McpTool {
  const input = objectSchema(operation.input, "input");
  const output = compactSchema(objectSchema(operation.output, "output"));
  const own = input.properties ?? {};
  const isAsked = output.isCompact && !("fields" in own);
  const takesOnce = operation.effect !== "read";
  return {
    name: toolName(operation.name),
    description: operation.summary,
    operation,
    inputSchema: {
      ...input,
      properties: { ...own, ...(isAsked ? { fields: FIELDS_ARGUMENT } : {}), ...(takesOnce ? ONCE : {}) },
    },
    takesOnce,
    outputSchema: output.schema,
    annotations: hintsOf(operation),
    input: (given) => {
      if (!isAsked) return given;
      const { fields: _, ...rest } = given;
      return rest;
    },
    answer: (answer, { fields }) =>
      compactAnswer(answer, operation.effect, isAsked ? Fields.parse(fields) : ["*"]),
  };
}

type Entry = Readonly<Record<string, unknown>>;

/** What an entry of a list is given with unless more is asked for. */
const LISTED = ["ref", "lane", "title", "item", "outcome"];
/** What a thing that was changed is given with unless more is asked for. */
const CHANGED = [...LISTED, "state", "phase", "version"];
/** A text longer than this is given once in an answer. */
const LONG_CHARACTERS = 40;

/** Fields of any name, in an entry of the history. */
const CHANGES = "changes";

/** An argument of every tool whose answer holds things with a ref. */
const FIELDS_ARGUMENT = {
  type: "array",
  items: { type: "string" },
  description: "Further fields of the answer, or *",
};

/**
 * Things with a ref as ref, lane and title, and the fields that were asked for; a single thing that was only read, whole. A long text
 * that was said before is left out.
 */
function compactAnswer(answer: unknown, effect: string, fields: readonly string[]): ToolArguments {
  if (!isSchema(answer)) return {};
  if (fields.includes("*")) return answer;
  const said = new Set<string>();
  const isNews = (value: unknown) => {
    if (typeof value !== "string" || value.length <= LONG_CHARACTERS) return true;
    return said.size < said.add(value).size;
  };
  const news = (entry: Entry): Entry =>
    Object.fromEntries(Object.entries(entry).filter(([, one]) => isNews(one)));
  const shorten = (value: unknown, names: readonly string[]): unknown => {
    if (Array.isArray(value)) return value.map((one) => shorten(one, LISTED));
    if (!isSchema(value)) return value;
    if (!isThing(value))
      return mapValues(value, (one, name) =>
        name === CHANGES && isSchema(one) ? news(one) : shorten(one, names),
      );
    const wanted = Object.entries(value).filter(([name]) => names.includes(name) || fields.includes(name));
    return news(Object.fromEntries(wanted));
  };
  return mapValues(answer, (value) =>
    isThing(value) && effect === "read" ? value : shorten(value, CHANGED),
  );
}

/** An item, a candidate (they have titles) or a run (it has a holder). An entry of the history names one, and is none. */
const isThing = (value: unknown): boolean =>
  isSchema(value) && "ref" in value && ("title" in value || "holder" in value);

function mapValues(entry: Entry, map: (value: unknown, name: string) => unknown): Entry {
  return Object.fromEntries(Object.entries(entry).map(([name, value]) => [name, map(value, name)]));
}

type Property = NonNullable<ObjectSchema["properties"]>[string];

/** The schema of the answer once it is compact: of a thing with a ref, only the ref is always there. */
function compactSchema(schema: ObjectSchema): {
  readonly schema: ObjectSchema;
  readonly isCompact: boolean;
} {
  let isCompact = false;
  const loosen = (one: Property): Property => {
    const { items, properties } = one;
    if (isSchema(items)) return { ...one, items: loosen(items) };
    if (!isSchema(properties)) return one;
    if (isThing(properties)) {
      isCompact = true;
      return { ...one, required: ["ref"] };
    }
    if (CHANGES in properties) isCompact = true;
    const loosened = Object.entries(properties).map(
      ([name, property]) => [name, isSchema(property) ? loosen(property) : property] as const,
    );
    return { ...one, properties: Object.fromEntries(loosened) };
  };
  const properties = Object.entries(schema.properties ?? {}).map(
    ([name, property]) => [name, loosen(property)] as const,
  );
  return { schema: { ...schema, properties: Object.fromEntries(properties) }, isCompact };
}
