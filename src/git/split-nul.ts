/** Splits the output of a `-z` command; the last separator ends a field and begins none. */
export function splitNul(text: string): readonly string[] {
  const fields = text.split("\0");
  if (fields.at(-1) === "") fields.pop();
  return fields;
}
