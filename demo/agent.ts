// A small agent program: reads its brief on stdin, looks at the repository, edits, tests, commits, and reports with `sluice`.
// It is a stand-in for a real agent and knows only the demo's items; it calls nothing of Sluice but its command line.
import { readFileSync, writeFileSync } from "node:fs";
import { pageFor, type Result, type Workbench } from "./playbook.ts";

const AGENT_FAILED = 1;

const bench: Workbench = {
  read: (path) => readFileSync(path, "utf8"),
  write: (path, text) => writeFileSync(path, text),
  replace: (path, from, to) => {
    const text = readFileSync(path, "utf8");
    if (!text.includes(from)) throw new Error(`${path} does not have: ${from}`);
    writeFileSync(
      path,
      text.replace(from, () => to),
    );
  },
};

/** Runs a program in the worktree; ends this one where it fails. */
function run(...argv: readonly string[]): void {
  console.log(`$ ${argv.join(" ")}`);
  const done = Bun.spawnSync([...argv], { stdin: "ignore", stdout: "inherit", stderr: "inherit" });
  if (!done.success) process.exit(AGENT_FAILED);
}

function report(result: Result): void {
  if (result.kind === "change") {
    run("node", "--test");
    run("git", "add", "--all");
    run("git", "commit", "--quiet", "-m", `${result.message}\n\nAssisted-by: sluice demo agent`);
    run("sluice", "finish", "--note", result.note, "--evidence", "check=node --test");
    return;
  }
  const { note, prerequisite, body, amendSteps } = result;
  const steps = amendSteps.flatMap((step) => ["--amend-step", step]);
  run("sluice", "block", "--note", note, "--prerequisite", prerequisite, "--body", body, ...steps);
}

const brief = await Bun.stdin.text();
const title = /^`{3,}title\n(.*)$/m.exec(brief)?.[1] ?? "";
const page = pageFor(title);
console.log(`The task: ${title}`);
if (page === undefined) {
  run("sluice", "finish", "--outcome", "no_change", "--note", "This agent does not know how to do that");
} else {
  report(page.work(bench));
}
