import { isSchema, type ObjectSchema } from "./json-schema.ts";
import type { ToolArguments } from "./mcp-tool.ts";

type Entry = Readonly<Record<string, unknown>>;

/** What an entry of a list is given with unless more is asked for. */
const LISTED = ["ref", "lane", "title", "item", "outcome"];
/** What a thing that was changed is given with unless more is asked for. */
const CHANGED = [...LISTED, "state", "phase", "version"];

/** An argument of every tool whose answer holds things with a ref. */
export const FIELDS_ARGUMENT = {
  type: "array",
  items: { type: "string" },
  description: "Further fields of the answer, or *",
};

/** Things with a ref as ref, lane and title, and the fields that were asked for; a single thing that was only read, whole. */
export function compactAnswer(answer: unknown, effect: string, fields: readonly string[]): ToolArguments {
  if (!isSchema(answer)) return {};
  if (fields.includes("*")) return answer;
  const shorten = (value: unknown) => {
    if (Array.isArray(value))
      return value.map((one: unknown) => (hasRef(one) ? picked(one, [...LISTED, ...fields]) : one));
    return hasRef(value) && effect !== "read" ? picked(value, [...CHANGED, ...fields]) : value;
  };
  return Object.fromEntries(Object.entries(answer).map(([name, value]) => [name, shorten(value)]));
}

function hasRef(value: unknown): value is Entry {
  return isSchema(value) && typeof value["ref"] === "string";
}

function picked(entry: Entry, names: readonly string[]): Entry {
  return Object.fromEntries(Object.entries(entry).filter(([name]) => names.includes(name)));
}

/** The schema of the answer once it is compact: of a thing with a ref, only the ref is always there. */
export function compactSchema(schema: ObjectSchema): {
  readonly schema: ObjectSchema;
  readonly isCompact: boolean;
} {
  let isCompact = false;
  const loosened = Object.entries(schema.properties ?? {}).map(([name, property]) => {
    const loose = loosen(property);
    if (loose !== property) isCompact = true;
    return [name, loose] as const;
  });
  return { schema: { ...schema, properties: Object.fromEntries(loosened) }, isCompact };
}

type Property = NonNullable<ObjectSchema["properties"]>[string];

function loosen(schema: Property): Property {
  const { items, properties } = schema;
  if (isSchema(items)) {
    const loose = loosen(items);
    return loose === items ? schema : { ...schema, items: loose };
  }
  return isSchema(properties) && "ref" in properties ? { ...schema, required: ["ref"] } : schema;
}
