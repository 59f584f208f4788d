import { invalidField, SluiceError } from "#domain/errors.ts";

/** JSON alone, in UTF-8: a body of any other type could be sent by a page of another site without the browser asking this server first. */
const JSON_TYPE = /^application\/json\s*(?:;\s*charset="?utf-8"?\s*)?;?\s*$/i;

/** The JSON of a request; undefined where it has no body. Refuses with `invalid` another type, and what is no JSON. */
export async function readBody(request: Request): Promise<unknown> {
  const text = await request.text().catch((cause: unknown) => {
    throw new SluiceError("unavailable", "The body did not arrive to its end", {
      hint: "Send the request again",
      cause,
    });
  });
  if (text === "") return undefined;
  const type = request.headers.get("content-type") ?? "";
  if (!JSON_TYPE.test(type)) throw invalidField("Content-Type", type, "application/json, in UTF-8");
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new SluiceError("invalid", "The body is not JSON", { details: { field: "body" }, cause });
  }
}
