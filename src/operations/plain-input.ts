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

/** How an interface names the fields of an input and writes their values. */
interface Wording {
  readonly nameOf: (path: readonly PropertyKey[]) => string;
  readonly shown: (value: unknown, path: readonly PropertyKey[]) => unknown;
}

const AS_GIVEN: Wording = {
  nameOf: (path) => (path.length === 0 ? "input" : path.map(String).join(".")),
  shown: (value) => value,
};

/** The `invalid` of an input that its schema refuses: the first field, its value and what is accepted. */
export function refusedInput(
  schema: z.ZodType,
  input: unknown,
  { issues }: z.ZodError,
  { nameOf, shown } = AS_GIVEN,
): SluiceError {
  const [issue] = issues;
  if (issue === undefined) return new SluiceError("invalid", "The input is not accepted");
  const isUnknown = issue.code === "unrecognized_keys";
  const path = isUnknown ? [...issue.path, ...issue.keys.slice(0, 1)] : issue.path;
  const field = nameOf(isUnknown ? path.slice(-1) : path);
  const accepted = acceptedText(issue, schema, (bound) => shown(bound, path));
  const value = valueAt(input, path);
  if (value !== undefined) return invalidField(field, shown(value, path), accepted);
  return new SluiceError("invalid", `${field} is missing, accepted is ${accepted}`, {
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
  shown: (bound: unknown) => unknown,
): string {
  switch (issue.code) {
    case "invalid_value":
      return `one of ${issue.values.map(String).join(", ")}`;
    case "invalid_type":
      return `a value of type ${issue.expected}`;
    case "too_small":
      return `${issue.inclusive === false ? "more than" : "at least"} ${shown(issue.minimum)}${unitOf(issue.origin)}`;
    case "too_big":
      return `${issue.inclusive === false ? "less than" : "at most"} ${shown(issue.maximum)}${unitOf(issue.origin)}`;
    case "unrecognized_keys":
      return `one of the fields ${Object.keys("shape" in schema ? Object(schema.shape) : {}).join(", ")}`;
    default:
      return issue.message;
  }
}

function unitOf(origin: string): string {
  if (origin === "string") return " characters";
  return origin === "array" || origin === "set" ? " values" : "";
}
