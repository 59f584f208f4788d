import { z } from "zod";

/** The most that may be spent on something, in each unit above 0; what is absent has no bound. */
export interface Budget {
  /** Tokens that a model read anew or wrote; what it read again from a cache is not counted. */
  readonly tokens?: number | undefined;
  /** US dollars, as the agents' programs report them. */
  readonly usd?: number | undefined;
  /** Minutes that agents' programs ran, or that an agent without a worker held its items. */
  readonly minutes?: number | undefined;
}

/** What was spent. */
export interface Spent {
  readonly tokens: number;
  readonly usd: number;
  readonly ms: number;
}

export const NOTHING_SPENT: Spent = { tokens: 0, usd: 0, ms: 0 };

export const BUDGET_UNITS = ["tokens", "usd", "minutes"] as const;
export type BudgetUnit = (typeof BUDGET_UNITS)[number];

/** More than anybody has. */
export const MAX_BUDGET = 1_000_000_000_000;

/** What the store keeps as text. It writes what was checked, so that anything else is a bug. */
export function readBudget(text: string): Budget {
  const value: unknown = JSON.parse(text);
  if (isBudget(value)) return value;
  throw new TypeError("A budget holds what it cannot hold");
}

const isBudget = (value: unknown): value is Budget =>
  typeof value === "object" &&
  value !== null &&
  Object.entries(value).every(
    ([unit, limit]) => BUDGET_UNITS.some((name) => name === unit) && typeof limit === "number" && limit > 0,
  );

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
/** The last moment that a date can name: what is spent in all frees only when a person raises the budget. Epoch milliseconds. */
const NEVER_MS = 8_640_000_000_000_000;

/** How much of a unit was spent. */
export const spentIn = (spent: Spent, unit: BudgetUnit): number =>
  unit === "minutes" ? spent.ms / MINUTE_MS : spent[unit];

/** The units of a budget of which nothing is left. */
export function usedUp(budget: Budget, spent: Spent): readonly BudgetUnit[] {
  return BUDGET_UNITS.filter((unit) => {
    const limit = budget[unit];
    return limit !== undefined && spentIn(spent, unit) >= limit;
  });
}

/** The UTC day of a moment, counted from 1970-01-01. */
export const utcDay = (now: number): number => Math.floor(now / DAY_MS);

/** The midnight, UTC, that ends the day of a moment; epoch milliseconds. */
export const nextMidnight = (now: number): number => (utcDay(now) + 1) * DAY_MS;

/** What a project may spend and has spent, and the whole workspace beside it. */
export interface ProjectSpending {
  readonly total: Budget;
  readonly day: Budget;
  readonly workspaceDay: Budget;
  readonly spentInAll: Spent;
  readonly spentToday: Spent;
  readonly workspaceToday: Spent;
}

/** Until when a project's items are kept back, epoch milliseconds; null where every budget has something left. */
export function spentUntil(spending: ProjectSpending, now: number): number | null {
  if (usedUp(spending.total, spending.spentInAll).length > 0) return NEVER_MS;
  const today =
    usedUp(spending.day, spending.spentToday).length +
    usedUp(spending.workspaceDay, spending.workspaceToday).length;
  return today > 0 ? nextMidnight(now) : null;
}

/** A `Budget` that comes from outside. */
export const BudgetSchema = z.lazy(() => {
  const limit = z.number().positive().max(MAX_BUDGET).optional();
  return z.object({ tokens: limit, usd: limit, minutes: limit });
});

/** A budget that bounds nothing is none. */
export const orNone = <T extends Budget | null | undefined>(budget: T): T | undefined =>
  budget === undefined || budget === null || Object.keys(budget).length === 0 ? undefined : budget;
