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
