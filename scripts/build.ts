// `npm run build [-- OUTFILE [TARGET]]`: the whole product as one program, dist/sluice by default. TARGET: bun-linux-arm64, bun-darwin-arm64, ...
import { rmSync } from "node:fs";
import { join } from "node:path";

import { ROOT } from "./run-program.ts";

/**
 * How much later than usual code is compiled to machine code until `src/main.ts` says that the process goes on: compiling what runs once
 * takes a fifth of an everyday command's time. From 100 on more saves nothing.
 */
const START_JIT_POLICY = 100;

const [outfile = join(ROOT, "dist/sluice"), target] = process.argv.slice(2);
const built = await Bun.build({
  entrypoints: [join(ROOT, "src/main.ts")],
  compile: {
    outfile,
    // A bunfig.toml or .env of the folder it is called in is a stranger's: loading it would run their code.
    autoloadDotenv: false,
    autoloadBunfig: false,
    jitPolicy: START_JIT_POLICY,
    ...(target === undefined ? {} : { target: toTarget(target) }),
  },
  minify: true,
  bytecode: true,
  format: "esm",
  splitting: true,
  sourcemap: "linked",
  define: { "process.env.NODE_ENV": '"production"' },
});
for (const log of built.logs) console.error(Bun.inspect(log));
// The maps are inside the program: those beside it are left over.
for (const { kind, path } of built.outputs) if (kind === "sourcemap") rmSync(path);
process.exitCode = built.success ? 0 : 1;

function toTarget(name: string): Bun.Build.CompileTarget {
  if (isTarget(name)) return name;
  throw new Error(`${name} is no target of Bun. Try bun-linux-arm64 or bun-darwin-arm64.`);
}

function isTarget(name: string): name is Bun.Build.CompileTarget {
  return /^bun-(linux|darwin|windows)-(x64|arm64)(-(baseline|modern|musl|glibc))*$/.test(name);
}
