import { isSchema } from "./json-schema.ts";

/**
 * An answer for clients that hand a model the text alone: one `key: value` line per fact, an entry of a list per line, and a text of
 * several lines at the end, as it is. It says what the structured answer says, in fewer tokens than JSON.
 */
export function compactText(answer: Readonly<Record<string, unknown>>): string {
  const parts = Object.entries(answer).flatMap(([name, value]) => factsOf(name, value));
  const long = parts.filter(({ value }) => value.includes("\n"));
  const short = parts.filter(({ value }) => !value.includes("\n"));
  return [
    ...short.map(({ name, value }) => `${name}: ${value}`),
    ...long.map(({ name, value }) => (long.length === 1 ? `\n${value}` : `\n${name}:\n${value}`)),
  ].join("\n");
}

interface Fact {
  readonly name: string;
  readonly value: string;
}

function factsOf(name: string, value: unknown): readonly Fact[] {
  if (value === undefined || value === null) return [];
  if (Array.isArray(value)) return listFacts(name, value);
  if (isSchema(value)) return Object.entries(value).flatMap(([key, one]) => factsOf(`${name}.${key}`, one));
  return [{ name, value: inLine(value) }];
}

function listFacts(name: string, values: readonly unknown[]): readonly Fact[] {
  if (values.length === 0) return [{ name, value: "none" }];
  if (!values.some(isSchema)) return [{ name, value: values.map(String).join(", ") }];
  const lines = values.map((value) =>
    isSchema(value) ? Object.values(value).map(inLine).join(" ") : String(value),
  );
  return lines.length === 1
    ? lines.map((value) => ({ name, value }))
    : [{ name, value: lines.map((line) => `- ${line}`).join("\n") }];
}

const inLine = (value: unknown): string => (typeof value === "string" ? value : JSON.stringify(value));
