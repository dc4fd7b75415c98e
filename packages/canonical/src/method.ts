/** The request method (spec 2.2): which ones can be signed. */

const METHOD = /^[A-Z][A-Z-]{0,31}$/;

/** Whether this is a method that can be signed: upper-case letters and hyphens, 32 at most. */
export function isMethod(text: string): boolean {
  return METHOD.test(text);
}
