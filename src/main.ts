import { version } from "#package.json" with { type: "json" };
import type { Opening } from "#compose/quick-handshake.ts";

// What scripts ask again and again is answered without the rest of the program being loaded.
const argv = process.argv.slice(2);
const quick = await quickAnswer();
if (quick !== undefined) await Bun.write(Bun.stdout, quick);
else {
  const opening = await quickOpening();
  process.exit(await (await import("#compose/run-program.ts")).runProgram(version, opening));
}

async function quickAnswer(): Promise<string | undefined> {
  if (argv[0] === "--version" && argv.length === 1) return `${version}\n`;
  if (argv[0] !== "next" || argv[1] !== "--json") return undefined;
  const { quickNext } = await import("#compose/quick-next.ts");
  return quickNext(argv, process.env, process.cwd());
}

async function quickOpening(): Promise<Opening | undefined> {
  if (argv[0] !== "mcp") return undefined;
  const { isPlainServer, plainToolset, quickHandshake } = await import("#compose/quick-handshake.ts");
  return isPlainServer(argv) ? await quickHandshake(version, plainToolset(argv, process.env)) : undefined;
}
