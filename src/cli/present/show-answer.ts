import type { CliOptions } from "#cli/cli-options.ts";
import { paint } from "./paint.ts";
import type { Presenter } from "./presenter.ts";
import { record } from "./record.ts";

/** An operation's answer as text for a person, with its line break. Output that is piped is not cut to a width. */
export async function showAnswer(
  options: CliOptions,
  name: string,
  color: boolean,
  answer: unknown,
): Promise<string> {
  const presenters = await options.presenters();
  // An answer is what its operation's schema says, by which the presenter of that name was compiled.
  const present: Presenter<never> = presenters[name] ?? record;
  const { stdout } = options;
  const width = stdout.isTTY ? stdout.columns() : undefined;
  const text = present(answer as never, { paint: paint(color), width, now: options.now() });
  return text === "" ? "" : `${text}\n`;
}
