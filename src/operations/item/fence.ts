/**
 * Fences untrusted text as data: the fence is longer than any run of backticks inside, so that no text can end it.
 * @param info shown after the fence, without backticks
 */
export function fenced(text: string, info = "text"): string {
  const longest = Math.max(2, ...[...text.matchAll(/`+/g)].map(([run]) => run.length));
  const fence = "`".repeat(longest + 1);
  return `${fence}${info}\n${text.replace(/\n+$/, "")}\n${fence}`;
}
