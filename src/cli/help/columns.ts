/** Left column and what it means, aligned; a left part that is too long stands alone on its line. */
export function columns(rows: readonly (readonly [string, string])[]): string {
  const widest = Math.min(30, Math.max(0, ...rows.map(([left]) => left.length)));
  return rows
    .map(([left, right]) => {
      if (left.length > widest) return `  ${left}\n  ${" ".repeat(widest)}  ${right}`;
      return `  ${left.padEnd(widest)}  ${right}`.trimEnd();
    })
    .join("\n");
}
