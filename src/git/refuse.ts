import { SluiceError } from "#domain/errors.ts";

/** The two refusals that most methods share, in full sentences. */
export function gone(what: string, name: string): SluiceError {
  return new SluiceError("not_found", `There is no ${what} ${JSON.stringify(name)} in this repository`, {
    details: { [what]: name },
  });
}

export function clash(message: string, hint: string): SluiceError {
  return new SluiceError("conflict", message, { hint });
}
