import { paint, type Presenter, type View } from "#cli/present/presenter.ts";
import { PRESENTERS } from "#cli/present/presenters.ts";
import { REGISTRY, type OperationName } from "#operations/registry.ts";

/** What a person sees of an operation's answer, by default without colours and at any width. Refuses what its schema refuses. */
export async function shown(name: OperationName, answer: unknown, view: Partial<View> = {}): Promise<string> {
  const { output } = await REGISTRY[name]();
  const present: Presenter<never> = PRESENTERS[name];
  return present(output.parse(answer) as never, { paint: paint(false), width: undefined, now: 0, ...view });
}
