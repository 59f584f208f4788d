import { z } from "zod";
import type { FlagSpec, ValueKind } from "#cli/command-form.ts";

const READINGS = ["duration", "time", "pair", "file", "json"] as const;

/** What a field's `meta` says to the command line. */
interface Meta {
  /** How the text is read, where the schema does not say it. */
  readonly cli: (typeof READINGS)[number] | undefined;
  readonly short: string | undefined;
  /** The flag's name, where it is not the field's. */
  readonly flag: string | undefined;
  readonly description: string | undefined;
}

const NO_META: Meta = { cli: undefined, short: undefined, flag: undefined, description: undefined };

interface Unwrapped {
  readonly schema: z.ZodType;
  readonly meta: Meta;
  readonly optional: boolean;
  readonly defaultValue?: unknown;
}

/** The flags of an input schema, in the order of its fields. A schema that is no object has none. */
export function flagSpecs(input: z.ZodType): readonly FlagSpec[] {
  const { schema } = unwrap(input);
  return Object.entries(shapeOf(schema)).map(([field, type]) => flagSpec(field, type));
}

function flagSpec(field: string, type: z.ZodType): FlagSpec {
  const outer = unwrap(type);
  const many = outer.schema.def.type === "array";
  const inner = many ? unwrap(elementOf(outer.schema)) : outer;
  const meta = many ? merged(outer.meta, inner.meta) : outer.meta;
  const isRepeated = many || (inner.schema.def.type === "record" && meta.cli !== "json");
  const flag = meta.flag ?? kebabCase(isRepeated ? singular(field) : field);
  return {
    field,
    flag,
    ...(meta.short === undefined ? {} : { short: meta.short }),
    ...(meta.cli === "file" ? { fileFlag: fileFlagOf(field, flag, meta) } : {}),
    value: valueKind(inner.schema, meta.cli),
    many: isRepeated,
    required: !outer.optional,
    ...(outer.defaultValue === undefined ? {} : { defaultValue: outer.defaultValue }),
    ...(meta.description === undefined ? {} : { description: meta.description }),
  };
}

/** `body` has `--body` and `--body-file`; a flag that is named after files has the file form only. */
function fileFlagOf(field: string, flag: string, meta: Meta): string {
  return meta.flag !== undefined || /(^f|F)ile$/.test(field) ? flag : `${flag}-file`;
}

function unwrap(start: z.ZodType): Unwrapped {
  let schema = start;
  let meta = metaOf(start);
  let optional = false;
  let defaultValue: unknown;
  for (let inner = innerOf(schema); inner !== undefined; inner = innerOf(schema)) {
    if ("defaultValue" in schema.def) defaultValue ??= schema.def.defaultValue;
    optional ||= schema.def.type === "optional" || defaultValue !== undefined;
    schema = inner;
    meta = merged(meta, metaOf(schema));
  }
  return { schema, meta, optional, defaultValue };
}

/** Types that only say something about the one inside. */
const WRAPPERS: ReadonlySet<string> = new Set([
  "optional",
  "default",
  "prefault",
  "nullable",
  "readonly",
  "catch",
]);

function innerOf(schema: z.ZodType): z.ZodType | undefined {
  const { def } = schema;
  if (WRAPPERS.has(def.type)) return "innerType" in def ? asType(def.innerType) : undefined;
  if (def.type === "pipe" && schema instanceof z.ZodPipe) return pipedOf(schema);
  return def.type === "lazy" && schema instanceof z.ZodLazy ? asType(schema.unwrap()) : undefined;
}

function pipedOf({ in: from, out: to }: z.ZodPipe): z.ZodType | undefined {
  return asType(from instanceof z.ZodTransform ? to : from);
}

function valueKind(schema: z.ZodType, cli: Meta["cli"]): ValueKind {
  if (cli === "duration" || cli === "time" || cli === "json") return { is: cli };
  const { type } = schema.def;
  if (cli === "pair" || type === "record") return pairKind(schema);
  if (type === "boolean" || type === "number") return { is: type };
  if (type === "enum" || type === "literal") return { is: "choice", choices: choicesOf(schema) };
  if (type === "object") return objectKind(schema);
  if (schema instanceof z.ZodUnion) return unionKind(schema.options);
  return { is: type === "string" ? "text" : "json" };
}

function choicesOf(schema: z.ZodType): readonly string[] {
  if (schema instanceof z.ZodEnum) return schema.options.map(String);
  return schema instanceof z.ZodLiteral ? [...schema.values].map(String) : [];
}

function pairKind(schema: z.ZodType): ValueKind {
  const [key, value] = Object.keys(shapeOf(schema));
  if (key !== undefined && value !== undefined) return { is: "pair", as: [key, value] };
  return { is: "pair", as: schema instanceof z.ZodRecord ? "record" : "text" };
}

function objectKind(schema: z.ZodType): ValueKind {
  const required = Object.entries(shapeOf(schema)).filter(([, type]) => !unwrap(type).optional);
  const [only] = required;
  if (only === undefined || required.length > 1 || !(unwrap(only[1]).schema instanceof z.ZodString))
    return { is: "json" };
  return { is: "wrapped", key: only[0] };
}

function unionKind(options: readonly unknown[]): ValueKind {
  const kinds = options.map((option) => {
    const type = asType(option);
    return type === undefined ? { is: "json" as const } : valueKind(unwrap(type).schema, undefined);
  });
  if (kinds.some((kind) => kind.is === "text")) return { is: "text" };
  const choices = kinds.flatMap((kind) => (kind.is === "choice" ? kind.choices : []));
  return kinds.every((kind) => kind.is === "choice") ? { is: "choice", choices } : { is: "json" };
}

function shapeOf(schema: z.ZodType): Readonly<Record<string, z.ZodType>> {
  if (!(schema instanceof z.ZodObject)) return {};
  const entries = Object.entries(schema.shape).flatMap(([field, type]) => {
    const found = asType(type);
    return found === undefined ? [] : [[field, found] as const];
  });
  return Object.fromEntries(entries);
}

function elementOf(schema: z.ZodType): z.ZodType {
  return (schema instanceof z.ZodArray ? asType(schema.element) : undefined) ?? z.unknown();
}

function asType(schema: unknown): z.ZodType | undefined {
  return schema instanceof z.ZodType ? schema : undefined;
}

function metaOf(schema: z.ZodType): Meta {
  const meta = schema.meta();
  if (meta === undefined) return NO_META;
  const text = (value: unknown) => (typeof value === "string" ? value : undefined);
  return {
    cli: READINGS.find((reading) => reading === meta.cli),
    short: text(meta.short),
    flag: text(meta.flag),
    description: text(meta.description),
  };
}

function merged(outer: Meta, inner: Meta): Meta {
  return {
    cli: outer.cli ?? inner.cli,
    short: outer.short ?? inner.short,
    flag: outer.flag ?? inner.flag,
    description: outer.description ?? inner.description,
  };
}

/** `labels` is filled by repeating `--label`. */
function singular(field: string): string {
  if (field.endsWith("ies")) return `${field.slice(0, -3)}y`;
  return field.endsWith("s") && !field.endsWith("ss") ? field.slice(0, -1) : field;
}

/** `blockedBy` and `blocked_by` are `blocked-by`; a leading underscore stays. */
export function kebabCase(name: string): string {
  return name
    .replace(/([a-z0-9])([A-Z])/g, "$1-$2")
    .replace(/(?<=[A-Za-z0-9])_/g, "-")
    .toLowerCase();
}
