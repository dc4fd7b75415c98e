/**
 * The suite in workerd: `POST /suite` runs it and answers with its lines; every other request goes to the application. That
 * lives in a Durable Object, because a Worker has as many memories as it has isolates, and an object has one.
 */
import { createApp } from '../suite/app.js';
import { runChecks, toLines } from '../suite/check.js';
import { serverChecks } from '../suite/server-checks.js';
import { clientSuite } from '../suite/suite.js';

declare const navigator: { readonly userAgent: string };

/** The parts of a Durable Object's namespace that lead to one object. */
interface Env {
  readonly API: {
    idFromName(name: string): object;
    get(id: object): { fetch(request: Request): Promise<Response> };
  };
}

interface Worker {
  readonly fetch: (request: Request, env: Env) => Promise<Response>;
}

export class Api {
  readonly #app: ReturnType<typeof createApp> = createApp();

  fetch(request: Request): Promise<Response> {
    // Cloudflare sets this field itself; a client cannot.
    return this.#app(request, { address: request.headers.get('cf-connecting-ip') ?? undefined });
  }
}

const worker: Worker = {
  fetch: async (request, { API }) => {
    if (new URL(request.url).pathname !== '/suite') return API.get(API.idFromName('api')).fetch(request);
    const outcomes = await runChecks([...clientSuite(JSON.parse(await request.text())), ...serverChecks()]);
    return new Response(toLines(outcomes, navigator.userAgent));
  },
};

export default worker;
