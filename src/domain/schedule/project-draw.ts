/** A project's share of attention: `weight` > 0, default 1. */
export interface DrawEntry {
  readonly projectId: number;
  readonly weight: number;
}

/**
 * The weighted draw between projects: each gets the key −ln(u)/weight and the smallest comes first (Efraimidis and Spirakis 2006),
 * so a project of share s waits over k claims with probability (1−s)^k, and no state is kept.
 * @param random gives numbers in [0, 1)
 */
export function drawProjects<T extends DrawEntry>(entries: readonly T[], random: () => number): T[] {
  return entries
    .map((entry) => ({ entry, key: -Math.log(1 - random()) / entry.weight }))
    .toSorted((a, b) => a.key - b.key)
    .map(({ entry }) => entry);
}
