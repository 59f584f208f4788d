import { SluiceError } from "#domain/errors.ts";
import type { Surroundings } from "./surroundings.ts";
import { cutCells, safeLine } from "#cli/present/fit.ts";

/** Enough of a command line to know it again. */
const WHAT_CELLS = 60;

/**
 * Asks before something is lost. Away from a terminal, or with `--json`, `--yes` is needed instead. `what` is the command, `why` says
 * what it does that asks for a confirmation.
 */
export async function confirm(
  options: Surroundings,
  json: boolean,
  what: string,
  why = "it removes something",
): Promise<void> {
  if (json || !options.stdin.isTTY || !options.stderr.isTTY)
    throw new SluiceError("invalid", `${cutCells(what, WHAT_CELLS)} needs a confirmation: ${why}`, {
      hint: "Add --yes to confirm",
      details: { field: "--yes", accepted: "--yes" },
    });
  await options.stderr.write(`${cutCells(safeLine(what), WHAT_CELLS)}: are you sure? [y/N] `);
  const answer = (await options.stdin.line())?.trim().toLowerCase();
  if (answer === "y" || answer === "yes") return;
  throw new SluiceError("invalid", "Nothing was changed: the answer was not y", {
    hint: "Run it again and answer y, or add --yes",
  });
}
