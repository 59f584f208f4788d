// `npm test`: one PostgreSQL for the run, then `bun test`, then the closing line that continuous integration reads.
import { startPostgres } from "#test/postgres.ts";

const postgres = await startPostgres();
const run = Bun.spawn([process.execPath, "test", "--parallel", "--no-orphans", ...process.argv.slice(2)], {
  stdio: ["ignore", "inherit", "inherit"],
  env: { ...process.env, SLUICE_TEST_POSTGRES_URL: postgres.url },
});
for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => run.kill(signal));
try {
  process.exitCode = await run.exited;
} finally {
  await postgres.stop();
}
