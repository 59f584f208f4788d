import { listFiles, readFile } from "../gates/repository-files.ts";

export interface Page {
  readonly path: string;
  readonly text: string;
}

/** Every Markdown file of the repository. */
export const PAGES: readonly Page[] = listFiles()
  .filter((path) => path.endsWith(".md"))
  .map((path) => ({ path, text: readFile(path) ?? "" }));

export function page(path: string): Page {
  const found = PAGES.find((one) => one.path === path);
  if (found === undefined) throw new Error(`There is no page ${path}`);
  return found;
}

const FENCE = /^( *)```(\w*)[^\n]*\n([\s\S]*?)^\1```/gm;

/** The shell blocks of a page, in order. */
export function shellBlocks({ text }: Page): readonly string[] {
  return [...text.matchAll(FENCE)]
    .filter(([, , language]) => language === "sh" || language === "bash")
    .map(([, , , block = ""]) => block);
}

/** The lines of a page's shell blocks that call `sluice`, continued lines joined. */
export function shellLines(one: Page): readonly string[] {
  return shellBlocks(one)
    .flatMap((block) => block.replaceAll(/\\\n\s*/g, "").split("\n"))
    .map((line) => line.trim())
    .filter((line) => /^(?:[A-Z_]+=\S* )*sluice(?:\s|$)|\$\(sluice /.test(line));
}

/** The code spans of a page outside of its blocks. */
export function codeSpans({ text }: Page): readonly string[] {
  return [...text.replaceAll(FENCE, "").matchAll(/`([^`\n]+)`/g)].map(([, span = ""]) => span);
}

/** Targets of a page's links that are neither an address nor a place on the page itself. */
export function relativeLinks({ text }: Page): readonly string[] {
  return [...text.replaceAll(FENCE, "").matchAll(/\]\(([^)\s]+)\)/g)]
    .map(([, target = ""]) => target)
    .filter((target) => !/^(?:[a-z]+:|#)/.test(target))
    .map((target) => target.replace(/#.*$/, ""));
}

/** Cells of the first table after a heading, without its header, code marks taken off. */
export function tableAfter({ path, text }: Page, heading: string): readonly (readonly string[])[] {
  const at = text.search(new RegExp(`^#+ ${heading}$`, "m"));
  if (at < 0) throw new Error(`${path} has no heading ${heading}`);
  const table = /(?:^\|.*\n)+/m.exec(text.slice(at))?.[0] ?? "";
  return table
    .trimEnd()
    .split("\n")
    .slice(2)
    .map((row) =>
      row
        .slice(1, -1)
        .split(/(?<!\\)\|/)
        .map((cell) => cell.trim().replaceAll("`", "").replaceAll("\\|", "|")),
    );
}

/** Rows in one order whatever theirs was, each as JSON. */
export const sorted = (rows: readonly unknown[]): readonly string[] =>
  rows.map((row) => JSON.stringify(row)).toSorted();
