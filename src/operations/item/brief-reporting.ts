/** The end of a brief. A worker's agent reports with commands, and its lease is in the environment of the run. */
export function endingText(ending: "commands" | "next_step" | "none", ref: string): string {
  if (ending === "none") return "";
  return ending === "commands" ? reportingText(ref) : nextStep(ref);
}

const CHECK_FIRST =
  "Check first that the task still makes sense in the code as it is now. If it does not, block it with what you found; that is a good result.";

function nextStep(ref: string): string {
  return [
    "## Next step",
    CHECK_FIRST,
    "Then set a plan, work, and note what the next one must know. End with exactly one of finish, block, ask or release.",
    `Name ${ref} in the message of each commit: git knows the result by it.`,
  ].join("\n");
}

function reportingText(ref: string): string {
  return [
    "## How to work",
    CHECK_FIRST,
    "Report with these commands (the lease is in $SLUICE_LEASE):",
    `- sluice note ${ref} "what the next one must know"`,
    `- sluice plan set ${ref} --file PLAN.md`,
    '- sluice block "$SLUICE_LEASE" --note "expected, found, where" --prerequisite "title of what must come first"',
    '- sluice ask "$SLUICE_LEASE" --question "…" --option A --option B',
    '- sluice finish "$SLUICE_LEASE" --note "what was done" --evidence check="what was run"',
    "End with exactly one of block, ask or finish. Commit your work on the current branch; do not push or merge.",
  ].join("\n");
}
