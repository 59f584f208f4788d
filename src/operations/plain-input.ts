import type { z } from "zod";
import { invalidField, SluiceError } from "#domain/errors.ts";

/** Lists and objects within each other. What operations take is nested half a dozen times. */
const MAX_DEPTH = 64;

/**
 * Refuses with `invalid` what no store keeps and no schema looks for: text with the character NUL, which PostgreSQL does not take, and
 * values that are nested too deep to be shown in a refusal.
 * @param name of the field where the value itself is refused
 */
export function requirePlain(value: unknown, name: string): void {
  const open: { readonly value: unknown; readonly path: string; readonly depth: number }[] = [
    { value, path: "", depth: 0 },
  ];
  for (let one = open.pop(); one !== undefined; one = open.pop()) {
    const { path, depth } = one;
    const field = path === "" ? name : path;
    if (typeof one.value === "string") requireNoNul(one.value, field);
    if (typeof one.value !== "object" || one.value === null) continue;
    if (depth === MAX_DEPTH)
      throw new SluiceError("invalid", `${field} is nested more than ${MAX_DEPTH} times`, {
        details: { field, accepted: `at most ${MAX_DEPTH} lists and objects within each other` },
      });
    for (const [key, inner] of Object.entries(one.value)) {
      requireNoNul(key, field);
      open.push({ value: inner, path: path === "" ? key : `${path}.${key}`, depth: depth + 1 });
    }
  }
}

function requireNoNul(text: string, field: string): void {
  if (text.includes("\0")) throw invalidField(field, text, "text without the character NUL");
}

/** How an interface names the fields of an input and writes their numbers. */
interface Wording {
  readonly nameOf: (path: readonly PropertyKey[]) => string;
  readonly amount: (value: number, path: readonly PropertyKey[]) => string;
}

const AS_GIVEN: Wording = {
  nameOf: (path) => (path.length === 0 ? "input" : path.map(String).join(".")),
  amount: String,
};

/** An input that a schema has read. An interface that has words of its own for its fields reads it first, and `invoke` not again. */
export class ReadInput {
  readonly schema: z.ZodType;
  /** As it was given: what is sent to a server. */
  readonly given: unknown;
  readonly value: unknown;

  constructor(schema: z.ZodType, given: unknown, value: unknown) {
    this.schema = schema;
    this.given = given;
    this.value = value;
  }
}

/** Refuses with one `invalid` that names the field, its value and what is accepted. */
export function readInput(schema: z.ZodType, given: unknown, wording = AS_GIVEN): ReadInput {
  requirePlain(given, "input");
  const result = schema.safeParse(given ?? {});
  if (result.success) return new ReadInput(schema, given, result.data);
  throw refusedInput(schema, given, result.error, wording);
}

/** As it was given. */
export const givenOf = (input: unknown): unknown => (input instanceof ReadInput ? input.given : input);

/** What a schema makes of an input; one that it has read is not read again. */
export function valueOf(schema: z.ZodType, input: unknown): unknown {
  const isRead = input instanceof ReadInput && input.schema === schema;
  return isRead ? input.value : readInput(schema, givenOf(input)).value;
}

/** The `invalid` of an input that its schema refuses: the first field, its value and what is accepted. */
function refusedInput(
  schema: z.ZodType,
  input: unknown,
  { issues }: z.ZodError,
  { nameOf, amount }: Wording,
): SluiceError {
  const [issue] = issues;
  if (issue === undefined) return new SluiceError("invalid", "The input is not accepted");
  const isUnknown = issue.code === "unrecognized_keys";
  const path = isUnknown ? [...issue.path, ...issue.keys.slice(0, 1)] : issue.path;
  const field = nameOf(isUnknown ? path.slice(-1) : path);
  const accepted = acceptedText(issue, schema, (bound) => amount(Number(bound), path));
  const value = valueAt(input, path);
  if (value !== undefined)
    return invalidField(field, typeof value === "number" ? amount(value, path) : value, accepted);
  return new SluiceError("invalid", `${field} is missing, expected ${accepted}`, {
    details: { field, accepted },
  });
}

function valueAt(input: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (value, key) =>
      typeof value === "object" && value !== null
        ? Object.getOwnPropertyDescriptor(value, key)?.value
        : undefined,
    input,
  );
}

function acceptedText(
  issue: z.core.$ZodIssue,
  schema: z.ZodType,
  amount: (bound: number | bigint) => string,
): string {
  switch (issue.code) {
    case "invalid_value":
      return `one of ${issue.values.map(String).join(", ")}`;
    case "invalid_type":
      return `a value of type ${issue.expected}`;
    case "too_small":
      return `${issue.inclusive === false ? "more than" : "at least"} ${amount(issue.minimum)}${unitOf(issue.origin)}`;
    case "too_big":
      return `${issue.inclusive === false ? "less than" : "at most"} ${amount(issue.maximum)}${unitOf(issue.origin)}`;
    case "unrecognized_keys":
      return `one of the fields ${fieldsOf(schema).join(", ")}`;
    case "custom":
    case "invalid_element":
    case "invalid_format":
    case "invalid_key":
    case "invalid_union":
    case "not_multiple_of":
      return issue.message;
  }
}

const fieldsOf = (schema: z.ZodType): readonly string[] =>
  "shape" in schema && typeof schema.shape === "object" ? Object.keys(schema.shape ?? {}) : [];

function unitOf(origin: string): string {
  if (origin === "string") return " characters";
  return origin === "array" || origin === "set" ? " values" : "";
}
