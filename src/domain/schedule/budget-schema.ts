import { z } from "zod";
import { MAX_BUDGET } from "./budget.ts";

const limit = z.number().positive().max(MAX_BUDGET).optional();

/** A `Budget` that comes from outside. */
export const BudgetSchema = z.object({ tokens: limit, usd: limit, minutes: limit });
