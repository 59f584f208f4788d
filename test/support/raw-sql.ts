import { Database } from "bun:sqlite";
import pg from "pg";

/** Runs one statement on a workspace behind the store's back, as a person with a database shell would. */
export async function rawSql(place: string, statement: string): Promise<void> {
  if (!place.startsWith("postgres")) {
    using file = new Database(place);
    file.run("pragma foreign_keys = on");
    file.run("pragma busy_timeout = 5000");
    file.run(statement);
    return;
  }
  const [address = "", query = ""] = place.split("?", 2);
  const parameters = new URLSearchParams(query);
  const schema = parameters.get("schema") ?? "sluice";
  parameters.delete("schema");
  const client = new pg.Client({ connectionString: `${address}?${parameters.toString()}` });
  await client.connect();
  try {
    await client.query(`set search_path to "${schema}"`);
    await client.query(statement);
  } finally {
    await client.end();
  }
}
