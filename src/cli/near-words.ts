/** The words that a mistyped one most likely meant, nearest first, at most three. */
export function nearWords(typed: string, known: readonly string[]): readonly string[] {
  // A third of the letters: "itme" finds "item", "x" finds nothing.
  const limit = Math.max(1, Math.floor(typed.length / 3));
  const scored = known
    .filter((word) => Math.abs(word.length - typed.length) <= limit || word.startsWith(typed))
    .map((word) => ({ word, distance: word.startsWith(typed) ? 0.5 : distance(typed, word) }))
    .filter((entry) => entry.distance <= limit);
  return scored
    .toSorted((a, b) => a.distance - b.distance || (a.word < b.word ? -1 : 1))
    .slice(0, 3)
    .map((entry) => entry.word);
}

/** Insertions, deletions, replacements and swaps of neighbours. Words are cut at 64 characters: no command is longer. */
function distance(left: string, right: string): number {
  const a = left.slice(0, 64);
  const b = right.slice(0, 64);
  let before: number[] = [];
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const cost = a[i - 1] === b[j - 1] ? 0 : 1;
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      const replaced = Math.min((row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1, (row[j - 1] ?? 0) + cost);
      next.push(swapped ? Math.min(replaced, (before[j - 2] ?? 0) + 1) : replaced);
    }
    before = row;
    row = next;
  }
  return row[b.length] ?? a.length;
}

/** `Did you mean X or Y?`, or undefined when nothing is near. */
export function didYouMean(near: readonly string[]): string | undefined {
  return near.length === 0 ? undefined : `Did you mean ${near.join(" or ")}?`;
}
