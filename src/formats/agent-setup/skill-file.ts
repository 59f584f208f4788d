/** Ends a skill that setup wrote; the digest says whether a person has changed it since. */
const MARK = /\n<!-- sluice:skill ([0-9a-f]{16}), written by sluice setup -->\n$/;

const digestOf = (text: string): string =>
  new Bun.CryptoHasher("sha256").update(text).digest("hex").slice(0, 16);

/** A skill as it is installed. */
export function markedSkill(text: string): string {
  return `${text.trimEnd()}\n<!-- sluice:skill ${digestOf(text.trimEnd())}, written by sluice setup -->\n`;
}

/** Whether a file is a skill of ours, and still as it was written. */
export function isOwnSkill(text: string): boolean {
  const mark = MARK.exec(text);
  return mark !== null && digestOf(text.slice(0, mark.index)) === mark[1];
}
