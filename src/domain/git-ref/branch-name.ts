import { invalidField } from "#domain/errors.ts";

/** Longest slug of a run's branch: keeps the name readable in a terminal's branch list. */
const MAX_SLUG = 40;
/** File systems allow 255 bytes in one name, and git appends `.lock`. */
const MAX_BRANCH_BYTES = 240;
const FORBIDDEN = /[\p{Cc}\s~^:?*[\\]|\.\.|@\{|\/\/|\/\.|\.\/|\.lock(?:\/|$)|^[-/.]|[/.]$|^@$|^HEAD$/u;

/** Whether git takes this as a branch's short name (the rules of `git check-ref-format --branch`, without its shortcuts). */
export function isBranchName(name: string): boolean {
  return name !== "" && !FORBIDDEN.test(name) && new TextEncoder().encode(name).length <= MAX_BRANCH_BYTES;
}

/** Refuses with `invalid` what git would not take as a branch's name. */
export function parseBranchName(name: string): string {
  if (isBranchName(name)) return name;
  throw invalidField("branch", name, "a branch name that git accepts");
}

/** `Fix the café's  login!` → `fix-the-cafes-login`. ASCII only, at most 40 characters, possibly empty. */
function branchSlug(title: string): string {
  const ascii = title
    .normalize("NFKD")
    .replace(/[\p{M}'’]/gu, "")
    .toLowerCase();
  const words = ascii.replace(/[^a-z0-9]+/g, "-").replace(/^-+|-+$/g, "");
  return words.length <= MAX_SLUG ? words : cutAtWord(words);
}

function cutAtWord(words: string): string {
  const cut = words.slice(0, MAX_SLUG + 1);
  const end = cut.lastIndexOf("-");
  return end > 0 ? cut.slice(0, end) : cut.slice(0, MAX_SLUG);
}

/** The branch of a run: `sluice/OB-12-R31-slug`. `item` is the item's ref, `run` the run's number. */
export function runBranch({ item, run, title }: { item: string; run: number; title: string }): string {
  const slug = branchSlug(title);
  return parseBranchName(`sluice/${item}-R${run}${slug === "" ? "" : `-${slug}`}`);
}
