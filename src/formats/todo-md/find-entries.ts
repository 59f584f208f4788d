import type { TodoShape } from "#operations/ports/todo-format.ts";
import type { Block, HeadingBlock, ListBlock, ListEntry, ParagraphBlock } from "./markdown-blocks.ts";
import { draftItem, type ItemDraft, type ItemParts } from "./read-entry.ts";
import { boxOf, labelsIn } from "./read-fields.ts";
import { readRows, type Row } from "./read-rows.ts";
import { readSections, type Section } from "./read-sections.ts";
import { lineOf, type Source, trimmedEnd } from "./source-text.ts";
import { isBareTodo, labelText, leadingStatus, type SectionKind, sectionKind } from "./todo-words.ts";

/** A heading of the file and what was made of what stands below it. */
export interface OutlineSection {
  readonly heading: HeadingBlock;
  readonly name: string;
  readonly shape: TodoShape;
}

export interface Outline {
  readonly drafts: readonly ItemDraft[];
  /** In the order of the file. */
  readonly sections: readonly OutlineSection[];
  /** Lines that lead to entries without being theirs: labels above lists, heads of tables. */
  readonly leading: ReadonlySet<number>;
}

/** Finds the items of a document, the shape of each section decided from what stands in it. */
export function findEntries(source: Source, blocks: readonly Block[], prefixes: readonly string[]): Outline {
  const finder = new EntryFinder(source, blocks, prefixes);
  return { drafts: finder.drafts, sections: finder.sections, leading: finder.leading };
}

/** What the headings above a block say of it. */
interface Place {
  readonly groups: readonly string[];
  /** Of the nearest heading whose name tells. */
  readonly kind: SectionKind | undefined;
  /** Of the nearest heading. */
  readonly own: SectionKind | undefined;
  /** A heading above says that what stands here is done. */
  readonly closed: boolean;
  /** A heading above says that what stands here is to be done. */
  readonly todo: boolean;
}

class EntryFinder {
  readonly drafts: ItemDraft[] = [];
  readonly sections: OutlineSection[] = [];
  readonly leading = new Set<number>();
  readonly #source: Source;
  readonly #prefixes: readonly string[];
  /** Depths at which some section is an item by its fields. */
  readonly #depths = new Set<number>();
  readonly #title: Section | undefined;
  /** Checkboxes and tables are how this file marks work: a plain list is work only where its own heading says so. */
  readonly #marksWork: boolean;

  constructor(source: Source, blocks: readonly Block[], prefixes: readonly string[]) {
    this.#source = source;
    this.#prefixes = prefixes;
    const { intro, sections, title } = readSections(source, blocks);
    this.#title = title;
    for (const section of sections) this.#collectDepths(section);
    this.#marksWork = this.#countsBoxes(intro, sections);
    const root: Place = { groups: [], kind: undefined, own: undefined, closed: false, todo: false };
    this.#readOwn(intro, root);
    this.#readSections(sections, root);
  }

  #collectDepths(section: Section): void {
    if (this.#isItemByFields(section)) this.#depths.add(section.heading.depth);
    else for (const child of section.children) this.#collectDepths(child);
  }

  #isItemByFields(section: Section): boolean {
    return section.carries && section !== this.#title && section.kind !== "sample";
  }

  #countsBoxes(intro: readonly Block[], sections: readonly Section[]): boolean {
    const count = { boxes: 0, plain: 0 };
    const add = (blocks: readonly Block[]) => {
      for (const block of blocks) {
        if (block.kind === "paragraph") count.boxes += readRows(this.#source, block).rows.length;
        if (block.kind !== "list") continue;
        for (const entry of block.entries) count[hasBoxes(this.#source, entry) ? "boxes" : "plain"] += 1;
      }
    };
    const walk = ({ kind, own, children }: Section) => {
      if (kind === "sample") return;
      if (kind !== "notes") add(own);
      for (const child of children) walk(child);
    };
    add(intro);
    for (const section of sections) walk(section);
    return (
      count.boxes > 0 && (count.boxes >= count.plain || (count.boxes > 4 && count.boxes * 2 >= count.plain))
    );
  }

  #readSections(sections: readonly Section[], place: Place): void {
    const byProse = this.#areItemsByProse(sections, place);
    for (const section of sections) this.#readSection(section, place, byProse);
  }

  #readSection(section: Section, above: Place, byProse: boolean): void {
    const isTitle = section === this.#title;
    const place = this.#placeIn(section, above, isTitle);
    const shape = this.#shapeOf(section, place, byProse, isTitle);
    const at = this.sections.push({ heading: section.heading, name: section.name, shape }) - 1;
    if (shape === "sample") return;
    if (shape === "item") return this.#readHeadingItem(section, above, place.closed);
    const before = this.drafts.length;
    this.#readOwn(section.own, place);
    this.#readSections(section.children, place);
    if (this.drafts.length === before && shape === "list" && !isTitle)
      this.sections[at] = { heading: section.heading, name: section.name, shape: "prose" };
  }

  #placeIn({ name, kind }: Section, above: Place, isTitle: boolean): Place {
    const label = labelText(name);
    const isNamed = !isTitle && !isBareTodo(name) && label !== "";
    return {
      groups: isNamed ? [...above.groups, label] : above.groups,
      kind: isTitle ? undefined : (kind ?? above.kind),
      own: isTitle ? undefined : kind,
      closed: above.closed || (!isTitle && kind === "closed"),
      todo: above.todo || kind === "todo",
    };
  }

  #shapeOf(section: Section, place: Place, byProse: boolean, isTitle: boolean): TodoShape {
    if (isTitle) return "title";
    if (section.kind === "sample") return "sample";
    if (this.#isItem(section) || (byProse && this.#mayBeItem(section))) return "item";
    if (place.closed) return "done";
    return section.kind === "notes" ? "notes" : "list";
  }

  #isItem(section: Section): boolean {
    if (section === this.#title) return false;
    if (this.#isItemByFields(section)) return true;
    if (section.box !== undefined) return true;
    if (
      !this.#depths.has(section.heading.depth) ||
      section.kind === "closed" ||
      section.kind === "notes" ||
      section.field !== undefined
    )
      return false;
    const isStatusGroup = leadingStatus(section.name)?.end === section.name.length;
    return (
      !isStatusGroup && !this.#holdsItems(section) && !section.own.some((block) => this.#hasTasks(block))
    );
  }

  #holdsItems(section: Section): boolean {
    return section.children.some(
      (child) =>
        this.#isItemByFields(child) ||
        this.#holdsItems(child) ||
        child.own.some((block) => this.#hasTasks(block)),
    );
  }

  /** Headings side by side are items where most of them have prose below, or nothing and are phrases themselves. */
  #areItemsByProse(sections: readonly Section[], place: Place): boolean {
    if (!place.todo) return false;
    const able = sections.filter((section) => this.#mayBeItem(section));
    const told = able.filter(({ own, children, name }) =>
      own.length === 0 ? children.length === 0 && isPhrase(name) : weigh(this.#source, own).isMostlyProse,
    );
    const empty = told.filter(({ own }) => own.length === 0);
    return told.length > able.length - told.length || (empty.length > 1 && told.length * 2 === able.length);
  }

  #mayBeItem(section: Section): boolean {
    if (section.kind !== undefined || section.field !== undefined) return false;
    return !this.#holdsItems(section) && !section.own.some((block) => this.#hasTasks(block));
  }

  #hasTasks(block: Block): boolean {
    if (block.kind === "paragraph") return readRows(this.#source, block).rows.length > 0;
    return block.kind === "list" && block.entries.some((entry) => hasBoxes(this.#source, entry));
  }

  #readHeadingItem(section: Section, { groups }: Place, closed: boolean): void {
    const { heading, all, own, box } = section;
    const last = all.findLast((block) => block.kind !== "rule");
    const { start, end } = heading.content;
    const next = own[0];
    const mark = box && { start: start + box.mark[0], end: start + box.mark[1] };
    this.#add({
      start: heading.start,
      end: last?.end ?? heading.end,
      shape: "heading",
      depth: heading.depth,
      head: heading,
      bodyEnd: own.findLast((block) => block.kind !== "rule")?.end ?? heading.end,
      groups,
      title: { start: start + (box?.length ?? 0), end },
      masks: heading.masks,
      below: next?.kind === "html" ? next : undefined,
      box: box && mark && { done: box.done, mark },
      closed,
      blocks: all,
    });
  }

  #add(parts: ItemParts): void {
    this.drafts.push(draftItem(this.#source, parts, this.#prefixes));
  }

  /** The lists and rows below one heading; a line of its own above a list is a heading too. */
  #readOwn(blocks: readonly Block[], place: Place): void {
    const { isTold: told } = weigh(this.#source, blocks);
    let below = place;
    let labelLine: number | undefined;
    for (const [at, block] of blocks.entries()) {
      const before = this.drafts.length;
      if (block.kind === "list") this.#readList(block, below, told);
      if (block.kind === "paragraph") {
        const read = readRows(this.#source, block);
        const isAbove = read.rows.length > 0 || blocks[at + 1]?.kind === "list";
        const label = isAbove && read.before ? this.#labelText(read.before) : undefined;
        const isDone = isAbove && saysDone(this.#source, block);
        below = label === undefined ? { ...place, closed: place.closed || isDone } : underLabel(place, label);
        labelLine = label === undefined ? undefined : this.#source.lines.lineAt(block.start);
        if (below.kind !== "sample") for (const row of read.rows) this.#readRow(row, below);
        for (const line of read.leading) this.leading.add(line);
      }
      if (this.drafts.length > before && labelLine !== undefined) this.leading.add(labelLine);
    }
  }

  /** A paragraph of one line that names what the list below it holds. */
  #labelText(paragraph: ParagraphBlock): string | undefined {
    const line = lineOf(this.#source, paragraph, paragraph.masks);
    const plain = labelText(line);
    if (
      plain === "" ||
      line.length > 60 ||
      this.#source.text.slice(paragraph.start, paragraph.end).includes("\n")
    )
      return undefined;
    const words = plain.split(" ").length;
    const isMarked = /^(\*\*|__).+\1[:：]?$/u.test(line) || /^[-=~_]{2,}.+[-=~_]{2,}$/.test(line);
    const isShort = words <= 4 && /[:：]$/.test(line);
    const isKnown =
      words <= 3 && (sectionKind(line) === "closed" || sectionKind(line) === "todo") && !/[.!?]$/.test(line);
    return isMarked || isShort || isKnown ? line : undefined;
  }

  #readRow(row: Row, { groups, closed }: Place): void {
    const { start, end, masks } = row;
    const head = { start, end };
    const shared = { shape: "row", depth: 0, head, bodyEnd: end, groups, masks, closed, blocks: [] } as const;
    this.#add({ ...head, ...shared, title: row.title, box: row.box, cells: row.cells });
  }

  #readList(list: ListBlock, place: Place, told: boolean): void {
    if (place.kind === "sample") return;
    const boxed = list.entries.some((entry) => boxOf(this.#source, entry) !== undefined);
    const holds = list.entries.some((entry) => hasBoxes(this.#source, entry));
    for (const entry of list.entries) {
      if (!boxed && hasBoxes(this.#source, entry)) this.#readGroup(entry, place);
      else if (boxed && boxOf(this.#source, entry) === undefined && hasBoxes(this.#source, entry))
        this.#readGroup(entry, place);
      else if (boxed || (!holds && this.#isWork(place, told))) this.#readEntry(entry, place);
    }
  }

  /** Whether a plain list is work. */
  #isWork({ kind, own, closed }: Place, told: boolean): boolean {
    if (kind === "notes") return false;
    return closed || (!told && (own === "todo" || !this.#marksWork));
  }

  /** A plain entry with checkboxes below it is their heading. */
  #readGroup(entry: ListEntry, place: Place): void {
    const first = entry.children[0];
    const name = first?.kind === "paragraph" ? lineOf(this.#source, first, first.masks) : "";
    const below = underLabel(place, name);
    const before = this.drafts.length;
    for (const block of entry.children) if (block.kind === "list") this.#readList(block, below, false);
    if (first !== undefined && this.drafts.length > before)
      this.leading.add(this.#source.lines.lineAt(first.start));
  }

  #readEntry(entry: ListEntry, place: Place): void {
    const [first, ...rest] = entry.children;
    if (first?.kind !== "paragraph") return;
    const box = boxOf(this.#source, entry);
    const from = Math.max(first.start, box?.end ?? 0);
    const labelled = labelsIn(this.#source, first, true).find((label) => label.start > from)?.start;
    const end = labelled === undefined ? first.end : trimmedEnd(this.#source.text, from, labelled);
    if (end <= from) return;
    const fields: readonly Block[] = labelled === undefined ? [] : [{ ...first, start: labelled }];
    const stillOpen = box?.done === true && !place.closed ? rest.filter((block) => this.#hasOpen(block)) : [];
    const last = entry.children.at(-1) ?? first;
    this.#add({
      start: entry.start,
      end: last.end,
      shape: "list",
      depth: 0,
      head: { start: first.start, end },
      bodyEnd: last.end,
      groups: place.groups,
      title: { start: from, end },
      masks: first.masks,
      box,
      closed: place.closed,
      blocks: [
        ...fields,
        ...rest.map((block) => (stillOpen.includes(block) ? this.#withoutOpen(block) : block)),
      ],
    });
    const title = this.drafts.at(-1)?.entry.title ?? "";
    for (const block of stillOpen) this.#readOpen(block, underLabel({ ...place, closed: false }, title));
  }

  /** An open checkbox below a ticked one is work of its own. */
  #readOpen(block: Block, place: Place): void {
    if (block.kind !== "list") return;
    for (const entry of block.entries)
      if (boxOf(this.#source, entry)?.done === false) this.#readEntry(entry, place);
  }

  #hasOpen(block: Block): boolean {
    return block.kind === "list" && block.entries.some((entry) => boxOf(this.#source, entry)?.done === false);
  }

  #withoutOpen(block: Block): Block {
    if (block.kind !== "list") return block;
    return { ...block, entries: block.entries.filter((entry) => boxOf(this.#source, entry)?.done !== false) };
  }
}

function underLabel(place: Place, line: string): Place {
  const kind = sectionKind(line);
  return {
    groups: isBareTodo(line) ? place.groups : [...place.groups, labelText(line)],
    kind: kind ?? place.kind,
    own: kind ?? place.own,
    closed: place.closed || kind === "closed",
    todo: place.todo || kind === "todo",
  };
}

/** Whether a paragraph says that what it announces is done. */
function saysDone({ text }: Source, { end }: ParagraphBlock): boolean {
  return DONE_ANNOUNCED.test(text.slice(Math.max(0, end - 100), end));
}

const DONE_ANNOUNCED =
  /(?<!\bnot |\bto be |\bbe |\bnever )\b(?:already|implemented|completed|done|finished|shipped|landed)\b[^.!?\n]*[:：]$/i;

/** How much of some blocks is prose; where it outweighs the lists in it, they are part of what it tells. */
function weigh(source: Source, blocks: readonly Block[]) {
  let prose = 0;
  let paragraphs = 0;
  let lists = 0;
  for (const block of blocks) {
    const size = block.end - block.start;
    if (block.kind === "list" || (block.kind === "paragraph" && readRows(source, block).rows.length > 0))
      lists += size;
    else if (block.kind === "paragraph" || block.kind === "code") prose += size;
    if (block.kind === "paragraph") paragraphs += 1;
  }
  return { isMostlyProse: prose > lists, isTold: paragraphs > 1 && prose > Math.max(lists, TELLS) };
}

/** Characters of prose: fewer only introduce a list. */
const TELLS = 200;

/** Three words, or five letters of a script without spaces. */
const isPhrase = (name: string): boolean =>
  /\S\s+\S+\s+\S/.test(name) ||
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}]{5}/u.test(name);

function hasBoxes(source: Source, entry: ListEntry): boolean {
  if (boxOf(source, entry) !== undefined) return true;
  return entry.children.some(
    (child) => child.kind === "list" && child.entries.some((inner) => hasBoxes(source, inner)),
  );
}
