/** An operation's answer as a presenter reads it: JSON, of which it relies on nothing. */
export type JsonObject = Readonly<Record<string, unknown>>;

export function objectIn(value: unknown): JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? { ...value } : {};
}

/** The value at a dotted path, such as `lease.holder`; undefined where a part is absent. */
export function valueIn(value: unknown, path: string): unknown {
  return path.split(".").reduce<unknown>((inner, key) => objectIn(inner)[key], value);
}

/** The list at a path; empty when there is none. */
export function listIn(value: unknown, path: string): readonly unknown[] {
  const found = valueIn(value, path);
  return Array.isArray(found) ? found : [];
}

/** The text at a path; numbers and switches as text, lists joined by commas, empty when absent. */
export function textIn(value: unknown, path: string): string {
  const found = path === "" ? value : valueIn(value, path);
  if (found === undefined || found === null) return "";
  if (Array.isArray(found)) return found.map((part) => textIn(part, "")).join(", ");
  return typeof found === "string" ? found : JSON.stringify(found);
}

export function numberIn(value: unknown, path: string): number | undefined {
  const found = valueIn(value, path);
  return typeof found === "number" ? found : undefined;
}
