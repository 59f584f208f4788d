import { appendFile, mkdir } from "node:fs/promises";
import { dirname } from "node:path";
import { paint } from "#cli/present/presenter.ts";
import { safeLine } from "#cli/present/fit.ts";
import { ERROR_CATALOGUE, refusedBySystem, SluiceError } from "#domain/errors.ts";
import type { Surroundings } from "./surroundings.ts";

export interface ErrorView {
  readonly json: boolean;
  readonly debug: boolean;
}

/** Prints an error on standard error and returns its exit code. What is not a refusal of ours is a bug: logged, shown as `internal`. */
export async function reportError(options: Surroundings, error: unknown, view: ErrorView): Promise<number> {
  const shown =
    error instanceof SluiceError && error.code !== "internal" ? error : await logBug(options, error);
  const debug = view.debug && error instanceof Error ? debugText(error) : undefined;
  await options.stderr.write(view.json ? jsonText(shown, debug) : plainText(options, shown, debug));
  return ERROR_CATALOGUE[shown.code].exit;
}

/** Logs a bug under a fresh id and answers the error that is shown for it. What the operating system refused is none. */
export async function logBug(
  options: Pick<Surroundings, "newId" | "logFile" | "now">,
  error: unknown,
): Promise<SluiceError> {
  const refused = refusedBySystem(error);
  if (refused !== undefined) return refused;
  const id = options.newId();
  const isLogged = await appendBug(options.logFile, { id, time: options.now(), error });
  return new SluiceError("internal", `Something went wrong inside Sluice (${id})`, {
    hint: isLogged
      ? "Its log file has the details under this id; --debug shows them here"
      : "Run it again with --debug to see the details: the log file could not be written",
    details: { id },
  });
}

function jsonText(error: SluiceError, debug: string | undefined): string {
  const shape = error.toJSON();
  return `${JSON.stringify(debug === undefined ? shape : { error: { ...shape.error, debug } })}\n`;
}

function plainText(options: Surroundings, error: SluiceError, debug: string | undefined): string {
  const colors = paint(options.stderr.isTTY && !options.env.NO_COLOR && !options.argv.includes("--no-color"));
  const lines = [
    `${colors.red("error:")} ${safeLine(error.message)}`,
    ...(error.hint === undefined ? [] : [`${colors.dim("hint:")} ${safeLine(error.hint)}`]),
    ...(debug === undefined ? [] : debug.split("\n").map(safeLine)),
  ];
  return `${lines.join("\n")}\n`;
}

function debugText(error: Error): string {
  const cause = error.cause instanceof Error ? `\ncaused by ${debugText(error.cause)}` : "";
  return `${error.stack ?? error.message}${cause}`;
}

interface Bug {
  readonly id: string;
  /** Epoch milliseconds. */
  readonly time: number;
  readonly error: unknown;
}

/** Appends one JSON line, readable by its owner alone. False when that was not possible: a log must not hide the error. */
async function appendBug(file: string, { id, time, error }: Bug): Promise<boolean> {
  const cause = error instanceof Error && error.cause instanceof Error ? { cause: error.cause.stack } : {};
  const what =
    error instanceof Error ? { name: error.name, stack: error.stack, ...cause } : { thrown: String(error) };
  try {
    await mkdir(dirname(file), { recursive: true, mode: 0o700 });
    await appendFile(file, `${JSON.stringify({ id, time: new Date(time).toISOString(), ...what })}\n`, {
      mode: 0o600,
    });
    return true;
  } catch {
    return false;
  }
}
