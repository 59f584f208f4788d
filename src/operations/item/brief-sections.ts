/**
 * Fences untrusted text as data: the fence is longer than any run of backticks inside, so that no text can end it.
 * @param info shown after the fence, without backticks
 */
export function fenced(text: string, info = "text"): string {
  const longest = Math.max(2, ...[...text.matchAll(/`+/g)].map(([run]) => run.length));
  const fence = "`".repeat(longest + 1);
  return `${fence}${info}\n${text.replace(/\n+$/, "")}\n${fence}`;
}

/** One part of a brief. */
export interface BriefSection {
  readonly title: string;
  /** What to keep: the highest is cut last. */
  readonly rank: number;
  /** Untrusted text. */
  readonly text: string;
}

/** A section that is cut keeps at least this many characters, else it is left out whole. */
const SHORTEST_PIECE = 120;

/**
 * The sections as text, in their order, within a budget of characters. The most important are placed first; the one that no
 * longer fits is cut at a line, the rest are left out, and a last line names both and the command that shows them.
 */
export function fitSections(
  sections: readonly BriefSection[],
  budget: number,
  ref: string,
): readonly string[] {
  const notice = (titles: readonly string[]) =>
    `Cut to fit the budget: ${titles.join("; ")}. See all with: sluice item show ${ref}`;
  const whole = sections.map(sectionText);
  if (total(whole) <= budget) return whole;
  const all = sections.map(({ title }) => title);
  let left = budget - notice(all).length;
  const placed = new Map<BriefSection, string>();
  const cut = new Set<BriefSection>();
  for (const section of sections.toSorted((a, b) => b.rank - a.rank)) {
    const text = shortened(section, left);
    if (text !== sectionText(section)) cut.add(section);
    if (text === undefined) continue;
    placed.set(section, text);
    left -= text.length + 2;
  }
  const shown = sections.flatMap((section) => placed.get(section) ?? []);
  return [...shown, notice(sections.filter((one) => cut.has(one)).map(({ title }) => title))];
}

const total = (texts: readonly string[]): number => texts.reduce((sum, text) => sum + text.length + 2, 0);

function sectionText({ title, text }: BriefSection): string {
  return `## ${title}\n${fenced(text)}`;
}

function shortened(section: BriefSection, room: number): string | undefined {
  const whole = sectionText(section);
  if (whole.length <= room) return whole;
  const overhead = whole.length - section.text.length + 2;
  const length = room - overhead;
  if (length < SHORTEST_PIECE) return undefined;
  const head = section.text.slice(0, length);
  const lineEnd = head.lastIndexOf("\n");
  // Half a surrogate pair would be no text any more.
  const piece = (lineEnd > SHORTEST_PIECE ? head.slice(0, lineEnd) : head).replace(/[\uD800-\uDBFF]$/, "");
  return sectionText({ ...section, text: `${piece}\n…` });
}
