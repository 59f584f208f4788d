import type { Spec } from "#domain/item/spec.ts";

interface Command {
  readonly kind: string;
  readonly approvedBy?: string | undefined;
}

/**
 * Writes into every command of a spec who approved it, and nobody where no human did: what a caller says about approval is
 * never believed.
 * @param approver `human:NAME` who saw these commands; absent for an agent, a candidate, a file
 */
export function withCommandsOf<T extends Partial<Spec>>(spec: T, approver: string | undefined): T {
  const { premises, trigger } = spec;
  return {
    ...spec,
    ...(premises === undefined ? {} : { premises: premises.map((one) => seal(one, approver)) }),
    ...(trigger === undefined
      ? {}
      : { trigger: { ...trigger, conditions: trigger.conditions.map((one) => seal(one, approver)) } }),
  };
}

function seal<T extends Command>(command: T, approver: string | undefined): T {
  return command.kind === "command" ? { ...command, approvedBy: approver } : command;
}

/** The command texts of a spec, for a person to see before they approve. */
export function commandsOf(spec: Spec): readonly string[] {
  const all = [...spec.premises, ...(spec.trigger?.conditions ?? [])];
  return all.flatMap((one) => (one.kind === "command" ? [one.run] : []));
}
