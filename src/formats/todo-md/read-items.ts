import { labelsIn } from "./field-label.ts";
import { isExplanation } from "./field-names.ts";
import { draftItem, type ItemDraft, type TitleLine } from "./item-draft.ts";
import type { Block, HeadingBlock, ListBlock, ListEntry } from "./markdown-block.ts";
import { fieldHeading, namesField, readFields } from "./read-fields.ts";
import { findMarker } from "./ref-marker.ts";
import { lineOf, type Source } from "./source-text.ts";
import { leadingStatusWord } from "./status-value.ts";

export interface ReadItemsOptions {
  /** Prefixes of the workspace's refs; a title that begins with such a ref has it. */
  readonly refPrefixes: readonly string[];
}

interface Section {
  readonly heading: HeadingBlock;
  /** Blocks before the first heading below it. */
  readonly own: readonly Block[];
  /** All blocks below it. */
  readonly all: readonly Block[];
  readonly children: readonly Section[];
  readonly isField: boolean;
  /** It names fields, in its own blocks or as headings directly below it. */
  readonly carries: boolean;
}

/** Finds the items of a document: headings whose sections carry fields, their siblings, and checklist entries elsewhere. */
export function readItems(
  source: Source,
  blocks: readonly Block[],
  options: ReadItemsOptions,
): readonly ItemDraft[] {
  return new ItemReader(source, blocks, options).drafts;
}

class ItemReader {
  readonly drafts: ItemDraft[] = [];
  readonly #source: Source;
  readonly #options: ReadItemsOptions;
  /** Depths at which some section is an item by its fields. */
  readonly #depths = new Set<number>();
  readonly #title: Section | undefined;

  constructor(source: Source, blocks: readonly Block[], options: ReadItemsOptions) {
    this.#source = source;
    this.#options = options;
    const firstHeading = blocks.findIndex((block) => block.kind === "heading");
    const intro = firstHeading === -1 ? blocks : blocks.slice(0, firstHeading);
    const sections = firstHeading === -1 ? [] : sectionsOf(source, blocks.slice(firstHeading));
    this.#title = documentTitle(sections);
    for (const section of sections) this.#collectDepths(section);
    this.#readChecklists(intro, []);
    for (const section of sections) this.#readSection(section, []);
  }

  #collectDepths(section: Section): void {
    if (this.#isItemByFields(section)) this.#depths.add(section.heading.depth);
    else for (const child of section.children) this.#collectDepths(child);
  }

  #isItemByFields(section: Section): boolean {
    return (
      section.carries && !section.isField && section !== this.#title && !isExplanation(this.#name(section))
    );
  }

  #readSection(section: Section, groups: readonly string[]): void {
    if (isExplanation(this.#name(section))) return;
    if (this.#isItem(section)) {
      this.#readHeadingItem(section, groups);
      return;
    }
    const inner =
      section === this.#title || section.heading.depth === 1 ? groups : [...groups, this.#name(section)];
    this.#readChecklists(section.own, inner);
    for (const child of section.children) this.#readSection(child, inner);
  }

  #isItem(section: Section): boolean {
    if (this.#isItemByFields(section)) return true;
    if (section.isField || section === this.#title || !this.#depths.has(section.heading.depth)) return false;
    const name = this.#name(section);
    const isStatusGroup = leadingStatusWord(name)?.end === name.length;
    return !isStatusGroup && !this.#holdsItems(section) && !section.own.some(hasTasks);
  }

  #holdsItems(section: Section): boolean {
    return section.children.some(
      (child) => this.#isItemByFields(child) || this.#holdsItems(child) || child.own.some(hasTasks),
    );
  }

  #name(section: Section): string {
    return lineOf(this.#source, section.heading.content, section.heading.masks);
  }

  #readHeadingItem(section: Section, groups: readonly string[]): void {
    const { heading } = section;
    const last = section.all.findLast((block) => block.kind !== "rule");
    this.drafts.push(
      draftItem({
        source: this.#source,
        range: { start: heading.start, end: last?.end ?? heading.end },
        shape: "heading",
        depth: heading.depth,
        head: heading,
        bodyEnd: section.own.findLast((block) => block.kind !== "rule")?.end ?? heading.end,
        groups,
        title: headingTitle(this.#source, section),
        found: readFields(this.#source, section.all),
        refPrefixes: this.#options.refPrefixes,
      }),
    );
  }

  #readChecklists(blocks: readonly Block[], groups: readonly string[]): void {
    for (const block of blocks) if (block.kind === "list") this.#readChecklist(block, groups);
  }

  #readChecklist(list: ListBlock, groups: readonly string[]): void {
    for (const entry of list.entries) {
      if (entry.checked !== undefined) this.#readEntry(entry, entry.checked, groups);
      else if (entry.children.some(hasTasks))
        this.#readChecklists(entry.children, [...groups, this.#entryName(entry)]);
    }
  }

  #entryName(entry: ListEntry): string {
    const first = entry.children[0];
    return first?.kind === "paragraph" ? lineOf(this.#source, first, first.masks) : "";
  }

  #readEntry(entry: ListEntry, checked: boolean, groups: readonly string[]): void {
    const [first, ...rest] = entry.children;
    if (first?.kind !== "paragraph") return;
    const labels = labelsIn(this.#source, first, true).filter((label) => label.start > first.start);
    const labelled = labels[0]?.start;
    const end =
      labelled === undefined
        ? first.end
        : first.start + this.#source.text.slice(first.start, labelled).trimEnd().length;
    const fieldLines: readonly Block[] = labelled === undefined ? [] : [{ ...first, start: labelled }];
    const last = entry.children.at(-1) ?? first;
    const title: TitleLine = {
      range: { start: first.start, end },
      masks: first.masks,
      marker: findMarker(this.#source.text, first.masks),
      checkbox: this.#source.text.lastIndexOf("]", first.start - 1) - 1,
      checked,
    };
    this.drafts.push(
      draftItem({
        source: this.#source,
        range: { start: entry.start, end: last.end },
        shape: "checklist",
        depth: 0,
        head: { start: first.start, end },
        bodyEnd: last.end,
        groups,
        title,
        found: readFields(this.#source, [...fieldLines, ...rest]),
        refPrefixes: this.#options.refPrefixes,
      }),
    );
  }
}

function headingTitle(source: Source, { heading, own }: Section): TitleLine {
  const { content, masks } = heading;
  const box = /^\[([ xX])\][ \t]+/.exec(source.text.slice(content.start, content.end));
  const next = own[0];
  const below = next?.kind === "html" ? findMarker(source.text, [{ ...next, kind: "comment" }]) : undefined;
  return {
    range: { start: content.start + (box?.[0].length ?? 0), end: content.end },
    masks,
    marker: findMarker(source.text, masks) ?? below,
    checkbox: box === null ? undefined : content.start + 1,
    checked: box === null ? undefined : box[1] !== " ",
  };
}

function hasTasks(block: Block): boolean {
  if (block.kind !== "list") return false;
  return block.entries.some((entry) => entry.checked !== undefined || entry.children.some(hasTasks));
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
  const isField = fieldHeading(source, heading) !== undefined;
  const carries = own.some((block) => namesField(source, block)) || children.some((child) => child.isField);
  return { heading, own, all, children, isField, carries };
}

/** A lone first-level heading whose fields, if any, only introduce the items below it. */
function documentTitle(sections: readonly Section[]): Section | undefined {
  const top = sections.filter((section) => section.heading.depth === 1);
  const only = top.length === 1 ? top[0] : undefined;
  if (only === undefined || only.children.some((child) => child.isField)) return undefined;
  const carriesBelow = (section: Section): boolean =>
    section.children.some((child) => child.carries || carriesBelow(child));
  return carriesBelow(only) || !only.carries ? only : undefined;
}
