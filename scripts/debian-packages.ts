import { runProgram } from "./run-program.ts";

/** Programs that tests run, and Debian's package of each. */
const NEEDED = { ip: "iproute2", bwrap: "bubblewrap" } as const;

/** Installs what is missing, where this user may. A test that misses its program fails by itself. */
export async function installDebianPackages(): Promise<void> {
  const missing = Object.entries(NEEDED).flatMap(([program, name]) =>
    Bun.which(program) === null ? [name] : [],
  );
  if (missing.length === 0 || process.getuid?.() !== 0) return;
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  await runProgram(["apt-get", "update", "-q"], { output: "both", env });
  await runProgram(["apt-get", "install", "-y", "-q", "--no-install-recommends", ...missing], {
    output: "both",
    env,
  });
}
