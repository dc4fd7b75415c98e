/** Runs in the page: what is shown, step by step, each with what came and whether it is as promised. */
import type { SignedFetch } from '@countersign/client';
import { startSession } from './client.js';

export interface Step {
  readonly kept: boolean;
  readonly what: string;
  readonly came: string;
}

/** Where the three APIs are: the right one, one that exposes nothing, one whose verifier stands before `cors`. */
export interface Apis {
  readonly right: string;
  readonly unexposed: string;
  readonly unasked: string;
}

export async function takeSteps(
  { right, unexposed, unasked }: Apis,
  tell: (step: Step) => void,
): Promise<void> {
  const step = async (what: string, expected: RegExp, call: () => Promise<string>): Promise<void> => {
    const came = await call().catch((error: Error) => `${error.name}: ${error.message}`);
    tell({ kept: expected.test(came), what, came });
  };
  const post = async (signed: SignedFetch, api: string, init: RequestInit = {}): Promise<string> => {
    const body = JSON.stringify({ text: 'tea' });
    const headers = { 'content-type': 'application/json' };
    const begun = performance.now();
    const response = await signed(`${api}/v1/notes`, { method: 'POST', headers, body, ...init });
    const verdict =
      response.headers.get('countersign-verdict') === null ? 'no verdict to be read' : 'verdict read';
    const waited = performance.now() - begun > 900 ? ', after a wait' : '';
    return response.ok ? `${response.status}${waited}` : `${response.status}, ${verdict}`;
  };
  const slowClock = (): number => Date.now() - 600_000;

  const session = await startSession();
  await step('a signed POST to another origin', /^201$/, () => post(session, right));
  await step('the budget is spent: the client reads the verdict and waits', /^201, after a wait$/, () =>
    post(session, right),
  );
  const slow = await startSession({ now: slowClock });
  await step('a clock ten minutes slow: the verdict heals it', /^201/, () => post(slow, right));
  await step('an unsigned request', /^401$/, async () => String((await fetch(`${right}/v1/notes`)).status));
  const withCookies = await startSession({ maxWaitMs: 0 });
  await step(
    'with cookies, which this API does not allow: the browser does not send it',
    /^OutcomeUnknownError/,
    () => post(withCookies, right, { credentials: 'include' }),
  );
  // From here on: what goes wrong.
  const hidden = await startSession();
  await post(hidden, unexposed);
  await step('nothing exposed, budget spent: a 429 that says nothing', /^429, no verdict to be read$/, () =>
    post(hidden, unexposed),
  );
  const hiddenSlow = await startSession({ now: slowClock });
  await step('nothing exposed, slow clock: it stays slow', /^401, no verdict to be read$/, () =>
    post(hiddenSlow, unexposed),
  );
  await step(
    'the verifier before cors: the preflight is refused, nothing is sent',
    /^OutcomeUnknownError/,
    () => post(withCookies, unasked),
  );
}
