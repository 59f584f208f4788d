import { SluiceError } from "#domain/errors.ts";

/** The refusal a call ends with; a call that succeeds, or fails with anything but a refusal, fails the test. */
export async function refusal(call: Promise<unknown>): Promise<SluiceError> {
  try {
    await call;
  } catch (error) {
    if (error instanceof SluiceError) return error;
    throw error;
  }
  throw new Error("the call was not refused");
}
