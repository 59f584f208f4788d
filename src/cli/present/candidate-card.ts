import { relativeTime } from "#cli/duration.ts";
import { safeLine } from "./fit.ts";
import type { Answer, View } from "./presenter.ts";
import { type Section, sectionLines, specSections } from "./whole-item.ts";

type Shown = Answer<"gate.show">;

/** All that approving a candidate means, and what to type next. */
export function candidateCard(answer: Shown, view: View): string {
  const { candidate: one } = answer;
  const { paint } = view;
  const dim = (parts: readonly (string | undefined)[]) =>
    paint.dim(safeLine(parts.filter((part) => part !== undefined && part !== "").join(" · ")));
  const { wishes } = one;
  return [
    `${paint.bold(safeLine(one.ref))}  ${safeLine(one.title)}`,
    dim([one.state, wishes.lane, wishes.kind, one.project, wishes.priority, wishes.labels?.join(", ")]),
    dim(originOf(one, view.now)),
    ...sectionsOf(answer).flatMap((section) => sectionLines(section, view)),
    ...(one.state === "pending" ? ["", ...nextLines(one.ref).map((line) => paint.dim(line))] : []),
  ].join("\n");
}

const originOf = (one: Shown["candidate"], now: number): readonly (string | undefined)[] => [
  `proposed by ${one.proposed_by} ${relativeTime(one.proposed_at, now)}`,
  one.rule === undefined ? `from ${one.source}` : `from ${one.source}, by rule ${one.rule}`,
  one.external_ref?.key,
  one.captured_on && `captured ${one.captured_on}`,
];

const VERDICTS = { holds: "holds", fails: "does not hold", unchecked: "not checked here" } as const;

function sectionsOf({ candidate: one, premises, similar }: Shown): readonly Section[] {
  const isCommand = (at: number) => one.spec.premises[at]?.kind === "command";
  const verdicts = premises.flatMap(({ expects, verdict, found }, at) =>
    isCommand(at) ? [] : [`${expects}: ${VERDICTS[verdict]}${found === undefined ? "" : `, ${found}`}`],
  );
  const commands = premises.flatMap(({ expects }, at) => (isCommand(at) ? [expects] : []));
  const because = one.reason === undefined ? "" : `: ${one.reason}`;
  return [
    ...specSections(one.spec, verdicts),
    ["Commands, which run only if approved: --with-commands", commands],
    ["Repositories", one.wishes.repos],
    [
      "Paths",
      one.wishes.paths.map(({ pattern, repo }) => (repo === undefined ? pattern : `${repo}: ${pattern}`)),
    ],
    ["As it was found", one.source_text],
    ["Possible duplicates", similar.map(({ ref, title, state }) => `${ref} (${state}) ${title}`)],
    ["Decided", one.decided_by && `${one.state} by ${one.decided_by}${because}`],
  ];
}

const nextLines = (ref: string): readonly string[] => [
  `Next: sluice gate approve ${ref} --lane LANE`,
  `   or sluice gate reject ${ref} --reason WHY`,
];
