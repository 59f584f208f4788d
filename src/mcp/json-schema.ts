import { z } from "zod";

const ObjectSchema = z.object({
  type: z.literal("object"),
  properties: z.record(z.string(), z.record(z.string(), z.json())).optional(),
  required: z.array(z.string()).optional(),
});
/** A JSON Schema of an object, as a tool carries it. */
export type ObjectSchema = z.infer<typeof ObjectSchema>;

type Schema = Readonly<Record<string, unknown>>;

/**
 * Left out of every schema. The dialect is 2020-12 by the protocol's own rule. Lengths, patterns and unknown fields are checked by the
 * operation, whose refusal says more than a client's validator would; here they would cost an agent tokens on every turn, and some
 * clients refuse a tool for them. The last three are the command line's.
 */
const LEFT_OUT = new Set([
  "$schema",
  "pattern",
  "format",
  "minLength",
  "maxLength",
  "minItems",
  "maxItems",
  "propertyNames",
  "default",
  "cli",
  "flag",
  "short",
]);

/** What a number is counted in, by the way the command line reads it. */
const UNITS: Readonly<Record<string, string>> = {
  duration: "in milliseconds",
  time: "in epoch milliseconds",
};

/** The schema of what a caller gives (`input`) or gets (`output`), without references. */
export function objectSchema(schema: z.ZodType, io: "input" | "output"): ObjectSchema {
  return ObjectSchema.parse(tidy(z.toJSONSchema(schema, { io, unrepresentable: "any" })));
}

function tidy(schema: Schema): Schema {
  const kept = Object.entries(schema).filter(([keyword, value]) => !isLeftOut(keyword, value));
  const unit = UNITS[String(schema["cli"])];
  const description = typeof schema["description"] === "string" ? schema["description"] : "A time";
  return {
    ...Object.fromEntries(kept.map(([keyword, value]) => [keyword, tidyValue(keyword, value)])),
    ...(unit === undefined ? {} : { description: `${description}, ${unit}` }),
  };
}

function isLeftOut(keyword: string, value: unknown): boolean {
  if (keyword === "additionalProperties") return value === false || isEmpty(value);
  if (keyword === "minimum" || keyword === "maximum")
    return Math.abs(Number(value)) >= Number.MAX_SAFE_INTEGER;
  return LEFT_OUT.has(keyword) || (keyword === "required" && Array.isArray(value) && value.length === 0);
}

function tidyValue(keyword: string, value: unknown): unknown {
  if (keyword === "properties" && isSchema(value))
    return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, tidyOne(one)]));
  return Array.isArray(value) ? value.map(tidyOne) : tidyOne(value);
}

const tidyOne = (value: unknown): unknown => (isSchema(value) ? tidy(value) : value);
const isEmpty = (value: unknown): boolean => isSchema(value) && Object.keys(value).length === 0;

export function isSchema(value: unknown): value is Schema {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
