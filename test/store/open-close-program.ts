import { openStore } from "#store/open-store.ts";

/** Opens, reads and closes a workspace so many times: what many short commands do. */
const [place = "", times = ""] = process.argv.slice(2);
for (let n = 0; n < Number(times); n += 1) {
  const store = await openStore({ place });
  await store.projects.settings();
  await store.close();
}
