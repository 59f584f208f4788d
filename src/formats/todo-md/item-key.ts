/** Longest slug; with a path it stays under the 500 characters of an external reference. */
const MAX_SLUG = 80;

/** What tells the items of one file apart, before the ordinals. */
export interface KeySource {
  /** The key in the marker; it stands whatever the title says. */
  readonly kept: string | undefined;
  readonly ref: string | undefined;
  readonly title: string;
}

/** One key for each item, in order: the kept one, else the ref, else the slug; a key already taken gets `~2`, `~3`, … */
export function itemKeys(sources: readonly KeySource[]): readonly string[] {
  const taken = new Set(sources.flatMap(({ kept }) => (kept === undefined ? [] : [kept])));
  const ordinals = new Map<string, number>();
  return sources.map(({ kept, ref, title }) => {
    if (kept !== undefined) return kept;
    const base = ref ?? slug(title);
    let ordinal = ordinals.get(base) ?? 1;
    const spelled = (): string => (ordinal === 1 ? base : `${base}~${ordinal}`);
    while (taken.has(spelled())) ordinal += 1;
    taken.add(spelled());
    ordinals.set(base, ordinal + 1);
    return spelled();
  });
}

/** Letters and digits of any script in lower case, joined by single hyphens; `item` where there are none. */
function slug(title: string): string {
  const words = title
    .normalize("NFC")
    .toLowerCase()
    .split(/[^\p{L}\p{M}\p{N}]+/u);
  const whole = words.filter((word) => word !== "").join("-");
  return Array.from(whole).slice(0, MAX_SLUG).join("").replace(/-$/, "") || "item";
}
