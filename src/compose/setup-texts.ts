import instructions from "#skills/instructions.md" with { type: "text" };
import goal from "#skills/sluice-goal/SKILL.md" with { type: "text" };
import investigate from "#skills/sluice-investigate/SKILL.md" with { type: "text" };
import loop from "#skills/sluice-loop/SKILL.md" with { type: "text" };
import realitySync from "#skills/sluice-reality-sync/SKILL.md" with { type: "text" };
import review from "#skills/sluice-review/SKILL.md" with { type: "text" };
import triage from "#skills/sluice-triage/SKILL.md" with { type: "text" };

/** What setup puts into agents; part of the program, so that it installs without a network. */
export const SKILLS = {
  "sluice-goal": goal,
  "sluice-investigate": investigate,
  "sluice-loop": loop,
  "sluice-reality-sync": realitySync,
  "sluice-review": review,
  "sluice-triage": triage,
} as const;

export const INSTRUCTIONS = instructions;
