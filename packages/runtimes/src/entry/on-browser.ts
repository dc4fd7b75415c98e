/** The suite in a page: canonical and client, against a server of another origin. */
import { runChecks, toLines } from '../suite/check.js';
import { clientSuite, type Given } from '../suite/suite.js';

declare const navigator: { readonly userAgent: string };

export async function runHere(given: Given): Promise<string> {
  return toLines(await runChecks(clientSuite(given)), navigator.userAgent);
}
