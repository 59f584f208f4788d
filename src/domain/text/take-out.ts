/** What stands where a text was taken out. */
const TAKEN_OUT = "[redacted]";

/**
 * The ways in which a text is found inside what is kept: as it is, within JSON, and within JSON that is a string of JSON. The longest
 * first, so that an escaped form goes as a whole.
 */
export function writtenForms(text: string): readonly string[] {
  const once = escaped(text);
  return Array.from(new Set([escaped(once), once, text]));
}

const escaped = (text: string): string => JSON.stringify(text).slice(1, -1);

/** A plain text without another, in any of its forms; the same where none is in it. */
export const takeOut = (from: string, text: string): string =>
  writtenForms(text).reduce((left, form) => left.replaceAll(form, TAKEN_OUT), from);

/** JSON whose strings are without a text, at any depth, in strings that are JSON themselves too; names of fields stay. */
export function takeOutOfJson(json: string, text: string): string {
  const before: unknown = JSON.parse(json);
  const after = withoutText(before, text);
  const written = JSON.stringify(after);
  return written === JSON.stringify(before) ? json : written;
}

function withoutText(value: unknown, text: string): unknown {
  if (typeof value === "string") return takeOut(inner(value, text), text);
  if (Array.isArray(value)) return value.map((one) => withoutText(one, text));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, withoutText(one, text)]));
}

/** A string that is JSON of its own, such as the labels in an entry of the history. */
function inner(value: string, text: string): string {
  if (!/^[[{]/.test(value)) return value;
  try {
    return takeOutOfJson(value, text);
  } catch {
    return value;
  }
}
