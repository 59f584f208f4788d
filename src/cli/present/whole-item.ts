import type { Answer, View } from "./presenter.ts";
import { cells, cutCells, safeLine, safeText } from "./fit.ts";
import { relativeTime } from "#cli/duration.ts";

/** An item as lists have it, and one with all that belongs to it. */
type Item = Answer<"item.list">["items"][number];
type WholeItem = NonNullable<Answer<"item.show">["item"]>;

/** The whole of an item: head, facts, and each section that it has. */
export function itemCard(item: WholeItem, view: View): string {
  return [itemHead(item, view), ...sections(item, view.now).flatMap((one) => sectionLines(one, view))].join(
    "\n",
  );
}

/** Ref and title of an item, where it stands, and who holds it. */
export function itemHead(item: Item, { paint, now }: View): string {
  const facts = [
    item.phase === undefined ? item.state : `${item.state} (${item.phase})`,
    item.lane,
    item.kind,
    item.project,
    item.priority ?? "",
    item.labels.join(", "),
  ].filter((fact) => fact !== "");
  return [
    `${paint.bold(safeLine(item.ref))}  ${safeLine(item.title)}`,
    paint.dim(safeLine(facts.join(" · "))),
    ...(item.lease === undefined
      ? []
      : [
          paint.cyan(
            `held by ${safeLine(item.lease.holder)}, lease ends ${relativeTime(item.lease.expires_at, now)}`,
          ),
        ]),
    paint.dim(`updated ${relativeTime(item.updated_at, now)}`),
  ].join("\n");
}

/** `OB-12  Title  lane` on one line of the terminal. */
export function itemLine(item: Item, view: View): string {
  const ref = safeLine(item.ref);
  const lane = safeLine(item.lane);
  const room = (view.width ?? Number.POSITIVE_INFINITY) - cells(ref) - cells(lane) - 4;
  return [view.paint.bold(ref), cutCells(safeLine(item.title), room), view.paint.dim(lane)].join("  ");
}

/** A text, or a numbered list, under its title. */
export type Section = readonly [title: string, text: string | undefined | readonly string[]];

/** The texts of a spec, in the order a person reads them. */
export function specSections(spec: WholeItem["spec"], premises: readonly string[]): readonly Section[] {
  return [
    ["Problem", spec.problem],
    ["Trigger", spec.trigger?.text],
    ["Why", spec.why],
    ["Steps", spec.steps.map(({ text, optional }) => (optional ? `${text} (optional)` : text))],
    ["Risks", spec.risks],
    ["Acceptance", spec.acceptance],
    ["Premises", premises],
    ["Text", spec.body],
  ];
}

/** What an item may have, in the order a person reads it. */
function sections(item: WholeItem, now: number): readonly Section[] {
  const { spec } = item;
  return [
    ...specSections(
      spec,
      spec.premises.map(({ expects }) => expects),
    ),
    ["Plan", item.plan?.body],
    [
      "Links",
      item.links.map(
        ({ kind, to, state, title }) => `${kind.replaceAll("_", " ")} ${to} (${state}) ${title}`,
      ),
    ],
    ["Blocks", item.blocks],
    ["Parts", item.children],
    ["Questions", item.questions.map((question) => questionText(question, now))],
    ["Evidence", item.evidence.map(({ kind, value }) => `${kind}=${value}`)],
    ["Captured", item.captured_on],
    ["Notes", item.notes.map(({ actor, at, body }) => `${actor}, ${relativeTime(at, now)}: ${body}`)],
  ];
}

type Question = WholeItem["questions"][number];

function questionText(question: Question, now: number): string {
  const { options, answer, answered_by: by } = question;
  const choice = options.length === 0 ? "" : ` (${options.join(", ")})`;
  const answered = answer === undefined ? `no answer yet${dueText(question, now)}` : `${by ?? ""}: ${answer}`;
  return `${question.asked_by}: ${question.question}${choice}\n${answered}`;
}

/** Until when an answer is wanted, and what happens then. */
function dueText(
  { deadline, default_option: option, default_allowed_by: allowedBy }: Question,
  now: number,
): string {
  if (deadline === undefined) return "";
  const rule = allowedBy === undefined ? "suggested" : "default at the deadline";
  const choice = option === undefined ? "" : `; ${rule}: ${option}`;
  const overdue = new Date(deadline).getTime() <= now ? "overdue, " : "";
  return `, ${overdue}wanted ${relativeTime(deadline, now)}${choice}`;
}

/** An empty line, the title, and what stands under it; nothing where there is nothing. */
export function sectionLines([title, content]: Section, { paint }: View): readonly string[] {
  const isOne = content === undefined || typeof content === "string";
  const texts = (isOne ? [content ?? ""] : content)
    .map((one) => safeText(one).trimEnd())
    .filter((one) => one !== "");
  if (texts.length === 0) return [];
  const lines = isOne
    ? texts.map((one) => one.replace(/^(?=.)/gm, "  "))
    : texts.map((one, index) => `  ${index + 1}. ${one.replace(/\n(?=.)/g, "\n     ")}`);
  return ["", paint.bold(title), ...lines];
}
