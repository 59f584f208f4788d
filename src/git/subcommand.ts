/** The words of a call from its subcommand on: settings, each after a `-c`, may stand before it. */
export function fromSubcommand(args: readonly string[]): readonly string[] {
  return args[0] === "-c" ? fromSubcommand(args.slice(2)) : args;
}
