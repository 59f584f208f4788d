import type { BudgetUnit } from "#domain/schedule/budget.ts";
import { isoTime } from "#operations/iso-time.ts";
import type { SpentBudget } from "#operations/ports/store/claim-store.ts";

interface Place {
  readonly ref: string;
  readonly project: string;
}

/** Which budget is spent, how much of it, when it frees by itself, and the command that raises it. */
export function spentText({ scope, unit, limit, spent, untilMs }: SpentBudget, place: Place): string {
  const frees = untilMs === null ? "" : `; it frees at ${isoTime(untilMs)}`;
  const raise = RAISE[scope](place, unit);
  return `${WHOSE[scope](place)} is spent: ${amount(unit, spent)} of ${amount(unit, limit)}${frees}; raise it with: ${raise} ${limit * 2}`;
}

const WHOSE = {
  item: () => "Its budget",
  project: ({ project }) => `The budget of project ${project}`,
  project_day: ({ project }) => `Today's budget of project ${project}`,
  workspace_day: () => "Today's budget of the workspace",
} as const satisfies Record<SpentBudget["scope"], (place: Place) => string>;

const RAISE = {
  item: ({ ref }, unit) => `sluice item edit ${ref} --max-${unit}`,
  project: ({ project }, unit) => `sluice project edit ${project} --max-${unit}`,
  project_day: ({ project }, unit) => `sluice project edit ${project} --day-${unit}`,
  workspace_day: (_place, unit) => `sluice config set day_${unit}`,
} as const satisfies Record<SpentBudget["scope"], (place: Place, unit: BudgetUnit) => string>;

function amount(unit: BudgetUnit, value: number): string {
  if (unit === "usd") return `${value.toFixed(2)} USD`;
  const places = unit === "tokens" ? 0 : 1;
  return `${value.toLocaleString("en-US", { maximumFractionDigits: places })} ${unit}`;
}
