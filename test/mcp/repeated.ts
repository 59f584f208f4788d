const LONG = 40;

/** Texts of more than 40 characters that stand more than once in a value, alone or inside another text. */
export function repeated(value: unknown): readonly string[] {
  const texts = textsOf(value);
  const long = texts.filter((text) => text.length > LONG);
  const whole = texts.join("\0");
  return [...new Set(long.filter((text) => whole.split(text).length > 2))];
}

function textsOf(value: unknown): string[] {
  if (typeof value === "string") return [value];
  return typeof value === "object" && value !== null ? Object.values(value).flatMap(textsOf) : [];
}
