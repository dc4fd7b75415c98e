/** The debugging aid of `echo.ts` for plain Fetch handlers. */
import { echoAnswer } from './echo.js';
import { fetchBody } from './fetch-body.js';
import { fetchRequest, type Received } from './fetch-request.js';

/** Tells `countersign doctor` what arrived. To be mounted while debugging, before whatever reads the body. */
export async function fetchEcho(request: Request, received: Received = {}): Promise<Response> {
  const { method, target, headers } = fetchRequest(request, received, {});
  const read = request.bodyUsed || request.body?.locked;
  const { body, ...init } = await echoAnswer(
    { method, target, headers },
    read ? null : (fetchBody(request) ?? []),
  );
  return new Response(body, init);
}
