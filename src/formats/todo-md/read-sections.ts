import type { Block, HeadingBlock } from "./markdown-blocks.ts";
import { fieldHeading, namesField } from "./read-fields.ts";
import { lineOf, type Source } from "./source-text.ts";
import { boxAt, type FieldName, type SectionKind, sectionKind } from "./todo-words.ts";

/** A heading and what stands below it. */
export interface Section {
  readonly heading: HeadingBlock;
  readonly name: string;
  readonly kind: SectionKind | undefined;
  /** Blocks before the first heading below it. */
  readonly own: readonly Block[];
  /** All blocks below it. */
  readonly all: readonly Block[];
  readonly children: readonly Section[];
  /** The field that its heading names, if it stands in an item. */
  readonly field: FieldName | undefined;
  /** The headings directly below it name so many fields that it is an item. */
  readonly byHeadings: boolean;
  /** It names fields, in its own blocks or as headings directly below it. */
  readonly carries: boolean;
  /** A checkbox at the start of the heading. */
  readonly box: ReturnType<typeof boxAt>;
}

/** The sections of a document; what stands before the first heading is in none. */
export function readSections(source: Source, blocks: readonly Block[]) {
  const first = blocks.findIndex((block) => block.kind === "heading");
  const sections = first === -1 ? [] : sectionsOf(source, blocks.slice(first));
  return { intro: first === -1 ? blocks : blocks.slice(0, first), sections, title: documentTitle(sections) };
}

/** `blocks` begins with a heading. */
function sectionsOf(source: Source, blocks: readonly Block[]): readonly Section[] {
  const sections: Section[] = [];
  for (let at = 0; at < blocks.length;) {
    const heading = blocks[at];
    if (heading?.kind !== "heading") break;
    let end = at + 1;
    while (end < blocks.length && !endsSection(blocks[end], heading.depth)) end += 1;
    sections.push(sectionOf(source, heading, blocks.slice(at + 1, end)));
    at = end;
  }
  return sections;
}

function endsSection(block: Block | undefined, depth: number): boolean {
  return block?.kind === "heading" && block.depth <= depth;
}

function sectionOf(source: Source, heading: HeadingBlock, all: readonly Block[]): Section {
  const firstHeading = all.findIndex((block) => block.kind === "heading");
  const own = firstHeading === -1 ? all : all.slice(0, firstHeading);
  const children = firstHeading === -1 ? [] : sectionsOf(source, all.slice(firstHeading));
  const field = fieldHeading(source, heading)?.name;
  const below = new Set(children.flatMap((child) => child.field ?? []));
  const enough = heading.depth === 1 ? 3 : below.has("steps") ? 2 : 1;
  const byHeadings = below.size >= enough;
  const carries = own.some((block) => namesField(source, block)) || byHeadings;
  const box = boxAt(source.text.slice(heading.content.start, heading.content.end));
  const name = lineOf(source, heading.content, heading.masks);
  return { heading, name, kind: sectionKind(name), own, all, children, field, byHeadings, carries, box };
}

/** A lone first-level heading whose fields, if any, only introduce the items below it. */
function documentTitle(sections: readonly Section[]): Section | undefined {
  const top = sections.filter((section) => section.heading.depth === 1);
  const only = top.length === 1 ? top[0] : undefined;
  if (only === undefined || only.byHeadings) return undefined;
  const carriesBelow = (section: Section): boolean =>
    section.children.some((child) => child.carries || carriesBelow(child));
  return carriesBelow(only) || !only.carries ? only : undefined;
}
