const GLOB = /[*?[{]/;

/**
 * The literal prefix of a path pattern, which is what is stored and compared: `src/**` + `/a.ts` → `src/`, `src/a.ts` → `src/a.ts`,
 * `**` → the empty prefix, which overlaps everything in its repo.
 */
export function literalPrefix(pattern: string): string {
  const clean = pattern.replace(/^(\.?\/)+/, "");
  const at = clean.search(GLOB);
  if (at < 0) return clean;
  return clean.slice(0, clean.lastIndexOf("/", at) + 1);
}

/** Two stored prefixes overlap where one names the other or a folder above it; `src` covers `src/a.ts`, not `srcs`. */
export function pathsOverlap(a: string, b: string): boolean {
  const [short, long] = a.length <= b.length ? [a, b] : [b, a];
  if (!long.startsWith(short)) return false;
  return short === "" || short.length === long.length || short.endsWith("/") || long[short.length] === "/";
}
