import { z } from "zod";
import { BudgetSchema, type Budget, BUDGET_UNITS, MAX_BUDGET } from "#domain/schedule/budget.ts";

/** Up to a million millions; 0 takes the bound away. */
const limit = z.number().min(0).max(MAX_BUDGET).optional();

/** The input fields of a budget in all, of an item or a project. */
export const BUDGET_FIELDS = {
  maxTokens: limit.describe("Limit on the tokens its runs spend, cache reads aside; 0 for none"),
  maxUsd: limit.describe("Limit on the US dollars its runs cost; 0 for none"),
  maxMinutes: limit.describe("Limit on the minutes its agents run; 0 for none"),
};

/** The input fields of a project's budget of one day. */
export const DAY_BUDGET_FIELDS = {
  dayTokens: limit.describe("Limit on the tokens of one UTC day; 0 for none"),
  dayUsd: limit.describe("Limit on the US dollars of one UTC day; 0 for none"),
  dayMinutes: limit.describe("Limit on the agents' minutes of one UTC day; 0 for none"),
};

type Limits = Readonly<Record<keyof Budget, number | undefined>>;
type Given<K extends string> = Readonly<Partial<Record<K, number | undefined>>>;

export const budgetIn = (input: Given<keyof typeof BUDGET_FIELDS>): Limits => ({
  tokens: input.maxTokens,
  usd: input.maxUsd,
  minutes: input.maxMinutes,
});

export const dayBudgetIn = (input: Given<keyof typeof DAY_BUDGET_FIELDS>): Limits => ({
  tokens: input.dayTokens,
  usd: input.dayUsd,
  minutes: input.dayMinutes,
});

/** The budget after a change: what is not named stays. Undefined where nothing was named. */
export function changedBudget(before: Budget | null | undefined, given: Limits): Budget | undefined {
  if (BUDGET_UNITS.every((unit) => given[unit] === undefined)) return undefined;
  const limits = BUDGET_UNITS.map((unit) => [unit, given[unit] ?? before?.[unit] ?? 0] as const);
  return BudgetSchema.parse(Object.fromEntries(limits.filter(([, value]) => value !== 0)));
}
