/** What became of a call: the code of the `CanonicalError` that it threw. Any other error is passed on. */
import { CanonicalError, type RequestRefusal } from '../../src/errors.js';

/** The code that `call` is refused with, or `undefined` when it is not. */
export function refusal(call: () => unknown): RequestRefusal | undefined {
  try {
    call();
    return undefined;
  } catch (error) {
    if (error instanceof CanonicalError) return error.code;
    throw error;
  }
}
