/**
 * A network between a signed fetch and a verifier that does whatever an attacker on the way can: delays, drops,
 * duplicates, plays back, and answers in the server's place. Time is virtual, so that hours pass at once.
 */

/** What happens to one attempt. */
export interface Hop {
  readonly requestDelayMs: number;
  /** What is dropped may still be played back later. */
  readonly request: 'deliver' | 'drop' | 'twice';
  /** How many of the requests captured so far are delivered once more before this one. */
  readonly playedBack: number;
  readonly answer: 'honest' | 'drop' | 'gateway' | 'forged' | 'recorded';
  /** The status of a gateway's or forged answer. */
  readonly status: number;
  readonly answerDelayMs: number;
  /** By how much the server's wall clock is stepped before the request arrives. */
  readonly serverStepMs: number;
}

/** Time of the simulation, in milliseconds since it began, and the server's wall clock against it. */
export interface World {
  elapsedMs: number;
  serverOffsetMs: number;
}

const HONEST: Hop = {
  requestDelayMs: 1,
  request: 'deliver',
  playedBack: 0,
  answer: 'honest',
  status: 503,
  answerDelayMs: 1,
  serverStepMs: 0,
};

export interface HostileNetwork {
  /** To be used as the `fetch` of a signed fetch. */
  readonly fetch: typeof globalThis.fetch;
  /** Every request that left the client, for playing back. */
  readonly captured: Request[];
}

/**
 * @param serve the server: answers a request
 * @param hops one an attempt; attempts beyond them go an honest way
 */
export function hostileNetwork(
  world: World,
  hops: readonly Hop[],
  serve: (request: Request) => Promise<Response>,
): HostileNetwork {
  const captured: Request[] = [];
  const recorded: Response[] = [];
  let attempt = 0;

  const deliver = async (request: Request): Promise<Response> => {
    const response = await serve(request.clone());
    recorded.push(response.clone());
    return response;
  };

  return {
    captured,
    fetch: async (input, init) => {
      const hop = hops[attempt++] ?? HONEST;
      const request = new Request(input, init);
      world.elapsedMs += hop.requestDelayMs;
      world.serverOffsetMs += hop.serverStepMs;
      for (const copy of captured.slice(0, hop.playedBack)) await deliver(copy);
      captured.push(request);
      let response = hop.request === 'drop' ? undefined : await deliver(request);
      if (hop.request === 'twice') response = await deliver(request);
      world.elapsedMs += hop.answerDelayMs;
      switch (hop.answer) {
        case 'honest':
          if (response === undefined) throw new TypeError('connection reset');
          return response;
        case 'drop':
          throw new TypeError('connection reset');
        case 'gateway':
          return new Response('upstream', { status: hop.status, headers: { 'retry-after': '1' } });
        case 'forged':
          return forgedRefusal(hop.status);
        case 'recorded':
          return recorded[attempt % recorded.length]?.clone() ?? forgedRefusal(hop.status);
      }
    },
  };
}

/** A refusal that claims that the signature was dead from the start, as only an authentic one may. */
function forgedRefusal(status: number): Response {
  const verdict = `code="stale-timestamp", time="9999999999999", dead-since="1000000000000", retry-after-ms="", sig="${'0'.repeat(64)}"`;
  const problem = { type: 'urn:countersign:problem:stale-timestamp', code: 'stale-timestamp', status };
  return new Response(JSON.stringify(problem), {
    status,
    headers: { 'content-type': 'application/problem+json', 'countersign-verdict': verdict },
  });
}
