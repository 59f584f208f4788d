interface StaticCheck {
  readonly name: string;
  readonly argv: readonly [program: string, ...args: readonly string[]];
}

/** The checks that read the code without running it, cheapest explanation first. Programs are those of `node_modules/.bin`. */
export const STATIC_CHECKS = [
  { name: "types", argv: ["tsc", "--noEmit"] },
  { name: "lint", argv: ["oxlint"] },
  { name: "format", argv: ["oxfmt", "--check", "."] },
  { name: "dead code", argv: ["knip", "--no-progress"] },
] as const satisfies readonly StaticCheck[];
