import { counted } from "#domain/text/counted.ts";
import type { Answer, Presenter, View } from "./presenter.ts";
import { safeLine } from "./fit.ts";
import { tableLines, type Column } from "./table.ts";

/** What `todo check` fixed and found. */
export const checkedList: Presenter<Answer<"todo.check">> = ({ findings, fixed }, view) =>
  [...fixed.map((file) => safeLine(`Fixed ${file}`)), findingsList({ findings }, view)].join("\n");

/** What `doctor` or `todo check` found, each with what to do where that is known. */
const findingsList: Presenter<Pick<Answer<"doctor"> | Answer<"todo.check">, "findings">> = (
  { findings },
  view,
) => {
  if (findings.length === 0) return view.paint.green("No problems found.");
  return findings
    .flatMap((finding) => [
      `${severityMark(finding.severity, view)}: ${safeLine(finding.message)}`,
      ...("hint" in finding && finding.hint !== undefined
        ? [`  ${view.paint.dim(safeLine(finding.hint))}`]
        : []),
    ])
    .join("\n");
};

/** What `doctor` found, and what runs are kept in here. */
export const checkup: Presenter<Answer<"doctor">> = ({ findings, isolation }, view) => {
  const found = findingsList({ findings }, view);
  if (isolation === undefined) return found;
  const { kind, why } = isolation;
  const kept = why === undefined ? kind : `${kind}, and not in bubblewrap: ${why}`;
  return `${found}\n${safeLine(`Runs here are kept in: ${kept}`)}`;
};

/** What `doctor fix` did or would do. */
export const repairsList: Presenter<Answer<"doctor.fix">> = ({ repairs, applied }, { paint }) => {
  if (repairs.length === 0) return paint.green("Nothing to repair.");
  const head = applied ? "Repaired:" : "To repair, with --apply:";
  return [head, ...repairs.map(({ message }) => `  ${safeLine(message)}`)].join("\n");
};

type Imported = Answer<"todo.import">["imported"][number];

const IMPORTED: readonly Column<Imported>[] = [
  { title: "REF", text: ({ item, candidate }) => item ?? candidate, as: "ref" },
  { title: "TITLE", text: ({ title }) => title, as: "flex" },
  { title: "STATE", text: ({ state }) => state },
  { title: "FROM", text: ({ file, line }) => `${file}:${line}`, as: "dim" },
];

/** What an import filed at the gate, how much of it was there already, and what it left out; first, in a dry run, the tree. */
export const importedList: Presenter<Answer<"todo.import">> = (answer, view) => {
  const { imported, problems, closing, counts, outlines } = answer;
  const { paint } = view;
  const left = [
    ...(["done", "known", "duplicate"] as const).map((name) => [counts[name], name] as const),
    [counts.refused, "refused"] as const,
    [counts.lines_left, counts.lines_left === 1 ? "line of no item" : "lines of no item"] as const,
  ].filter(([count]) => count > 0);
  const nothing = outlines === undefined ? "Nothing new was filed." : "Nothing new was found.";
  return [
    ...(outlines ?? []).flatMap((outline) => treeOf(answer, outline, view)),
    ...(imported.length === 0 ? [nothing] : []),
    ...(imported.length > 0 && outlines === undefined ? tableLines(imported, IMPORTED, view) : []),
    ...(left.length === 0 ? [] : [paint.dim(`Left out: ${left.map((one) => one.join(" ")).join(", ")}`)]),
    ...(counts.loose === 0
      ? []
      : [paint.dim(`${counts.loose} of ${imported.length} say only what: they go to triage`)]),
    ...problems.map((one) => paint.yellow(placed(one, one.message))),
    ...closing.map((one) => paint.yellow(safeLine(closingLine(one)))),
  ].join("\n");
};

function closingLine({ item, file, line, how, commit }: Answer<"todo.import">["closing"][number]): string {
  const what = how === "ticked" ? `is ticked in ${file}:${line ?? ""}` : `is gone from ${file}`;
  const evidence = commit === undefined ? "" : ` --evidence commit=${commit.slice(0, 12)}`;
  return `${item} ${what}. Close it with: sluice item close ${item} --reason "${how === "ticked" ? "Ticked" : "Removed"} in ${file}"${evidence}`;
}

/** The headings of a file, what each was taken for, and what stands below it: entries, and lines of none. */
function treeOf(
  { imported, skipped, problems }: Answer<"todo.import">,
  { file, sections, left }: NonNullable<Answer<"todo.import">["outlines"]>[number],
  { paint }: View,
): readonly string[] {
  const own = <T extends { readonly file: string }>(all: readonly T[]) =>
    all.filter((one) => one.file === file);
  const depthAt = (line: number) => sections.findLast((one) => one.line <= line)?.depth ?? 0;
  const at = (line: number, text: string, depth = depthAt(line)) => ({
    line,
    text: "  ".repeat(depth + 1) + text,
  });
  const rows = [
    ...sections.map(({ line, depth, heading, shape }) =>
      at(line, `${paint.bold(safeLine(heading))}  ${paint.dim(shape)}`, depth - 1),
    ),
    ...own(imported).map(({ line, title }) => at(line, `- ${safeLine(title)}`)),
    ...own(skipped).map(({ line, title, reason }) => at(line, paint.dim(`- ${safeLine(title)}  ${reason}`))),
    ...own(problems).map(({ line }) => at(line, paint.yellow("- refused"))),
    ...left
      .filter(({ line }) => !sections.some((one) => one.line === line))
      .map(({ line, text }) => at(line, paint.dim(`· ${safeLine(text.slice(0, 60))}`))),
  ];
  const ordered = rows.toSorted((a, b) => a.line - b.line);
  return [
    paint.bold(safeLine(file)),
    ...ordered.map(({ line, text }) => `${String(line).padStart(5)} ${text}`),
  ];
}

/** Of a single repository each path; of several a line that says where to look. */
function protectedLines(repos: Answer<"repo.add">["repos"]): readonly string[] {
  const first = repos.find((repo) => [...repo.test_paths, ...repo.protected].length > 0);
  if (first === undefined) return [];
  if (repos.length > 1) return [`What is protected: sluice project show ${safeLine(first.project)}`];
  const { alias, test_paths: tests, protected: files } = first;
  const list = (what: string, paths: readonly string[]) =>
    paths.length === 0 ? [] : [`${what}: ${paths.map((path) => safeLine(path)).join(", ")}`];
  return [
    ...list("A person sees changes to tests", tests),
    ...list("A person sees changes to", files),
    `Change that with: sluice repo edit ${safeLine(alias)} --test-path PATH --protect PATH`,
  ];
}

/** What was registered, what was passed over and why, and what waits at the gate now. */
export const addedRepos: Presenter<Answer<"repo.add">> = (
  { repos, left_out: leftOut, imported },
  { paint },
) =>
  [
    ...repos.map((repo) => {
      const guards = [...repo.test_paths, ...repo.protected];
      const counts = repos.length > 1 && guards.length > 0 ? `, ${guards.length} paths protected` : "";
      return `Registered repo ${paint.bold(safeLine(repo.alias))} of ${safeLine(repo.project)}${counts}`;
    }),
    ...protectedLines(repos),
    ...leftOut.map(({ path, reason }) => paint.yellow(safeLine(`Passed over ${path}: ${reason}`))),
    ...(imported === undefined
      ? []
      : [
          `Filed ${counted(imported.filed, "candidate")}; decide them with: sluice sweep gate`,
          ...(imported.problems === 0
            ? []
            : [
                paint.yellow(
                  `${counted(imported.problems, "problem")} in files; see them with: sluice todo check FILE`,
                ),
                ...imported.problem_files.map((file) => `  ${safeLine(file)}`),
              ]),
        ]),
  ].join("\n");

/** Each file that was looked at, and where it and an item both changed. */
export const exportedList: Presenter<Answer<"todo.export">> = ({ files }, { paint }) =>
  files
    .flatMap(({ path, changed, entries, conflicts, problems }) => [
      `${paint.bold(safeLine(path))}  ${changed ? `${entries} entries changed` : "up to date"}`,
      ...conflicts.map(({ line, item, field }) =>
        paint.yellow(
          safeLine(
            `  line ${line}: ${item} ${field} changed in the file and in the backlog; the file keeps its own`,
          ),
        ),
      ),
      ...problems.map(({ line, message }) =>
        paint.yellow(safeLine(`  line ${line}: not written. ${message}`)),
      ),
    ])
    .join("\n");

function severityMark(severity: "error" | "warning" | "info", { paint }: View): string {
  return severity === "error" ? paint.red(severity) : paint.yellow(severity);
}

function placed({ file, line }: { readonly file: string; readonly line: number }, text: string): string {
  return safeLine(`${file}:${line}: ${text}`);
}
