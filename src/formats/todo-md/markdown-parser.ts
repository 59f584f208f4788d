import remarkGfm from "remark-gfm";
import remarkParse from "remark-parse";
import { type Processor, unified } from "unified";
import type { Block, ListEntry, Mask, Range } from "./markdown-block.ts";

/**
 * Constructs that cannot change the structure of a TODO.md. They are off because their cost is not bounded: nested
 * emphasis of 160 KB took four minutes and then overflowed the stack, a table of 1 MB took 15 seconds.
 */
const UNUSED_CONSTRUCTS = [
  "attention",
  "strikethrough",
  "labelStartLink",
  "labelStartImage",
  "labelEnd",
  "gfmFootnoteCall",
  "gfmFootnoteDefinition",
  "gfmPotentialFootnoteCall",
  "wwwAutolink",
  "protocolAutolink",
  "emailAutolink",
  "table",
];

const processor = unified().use(remarkParse).use(remarkGfm).use(structureOnly).freeze();

type Root = ReturnType<typeof processor.parse>;
type Child = Root["children"][number];
type Item = Extract<Child, { type: "listItem" }>;
type Inline = Extract<Child, { type: "paragraph" }>["children"][number];

function structureOnly(this: Processor): undefined {
  const data = this.data();
  data.micromarkExtensions = [...(data.micromarkExtensions ?? []), { disable: { null: UNUSED_CONSTRUCTS } }];
  const flat = (data.fromMarkdownExtensions ?? []).flat();
  data.fromMarkdownExtensions = flat.filter((extension) => extension.transforms === undefined);
}

/** Parses one piece of a text; `offset` is where the piece starts in the whole. */
export function parseBlocks(piece: string, offset: number): readonly Block[] {
  return toBlocks(processor.parse(piece).children, offset);
}

function toBlocks(nodes: readonly Child[], offset: number): readonly Block[] {
  return nodes.map((node) => toBlock(node, offset));
}

function toBlock(node: Child, offset: number): Block {
  const range = rangeOf(node, offset);
  if (node.type === "heading") {
    const content = contentOf(node.children, range, offset);
    return { kind: "heading", depth: node.depth, content, masks: masksOf(node.children, offset), ...range };
  }
  if (node.type === "paragraph") {
    const { start } = contentOf(node.children, range, offset);
    return { kind: "paragraph", masks: masksOf(node.children, offset), start, end: range.end };
  }
  if (node.type === "list") {
    const entries = node.children.map((child) => toEntry(child, offset));
    return { kind: "list", ordered: node.ordered === true, entries, ...range };
  }
  if (node.type === "thematicBreak") return { kind: "rule", ...range };
  return { kind: node.type === "code" || node.type === "html" ? node.type : "other", ...range };
}

function toEntry(item: Item, offset: number): ListEntry {
  return {
    checked: item.checked ?? undefined,
    children: toBlocks(item.children, offset),
    ...rangeOf(item, offset),
  };
}

function contentOf(children: readonly Inline[], whole: Range, offset: number): Range {
  const first = children[0];
  const last = children.at(-1);
  if (first === undefined || last === undefined) return { start: whole.end, end: whole.end };
  return { start: rangeOf(first, offset).start, end: rangeOf(last, offset).end };
}

function masksOf(children: readonly Inline[], offset: number): readonly Mask[] {
  return children.flatMap((child): Mask[] => {
    if (child.type === "inlineCode") return [{ kind: "code", ...rangeOf(child, offset) }];
    if (child.type === "html") {
      return [{ kind: child.value.startsWith("<!--") ? "comment" : "html", ...rangeOf(child, offset) }];
    }
    return [];
  });
}

function rangeOf(node: Child | Inline | Item, offset: number): Range {
  const position = node.position;
  return { start: (position?.start.offset ?? 0) + offset, end: (position?.end.offset ?? 0) + offset };
}
