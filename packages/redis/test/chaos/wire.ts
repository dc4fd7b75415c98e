/** The wire: a `fetch` that keeps every request that it sends, and the attacker who sends them again as they were. */
import { Agent, request } from 'node:http';

export interface SentRequest {
  /** The call of the signed fetch that it belongs to. */
  readonly call: string;
  readonly nonce: string;
  readonly method: string;
  readonly port: number;
  readonly target: string;
  readonly headers: readonly (readonly [string, string])[];
  readonly body: string | Uint8Array | undefined;
  /** Undefined as long as there is no answer. */
  status?: number;
  /** Of the verdict. */
  code?: string;
  latencyMs?: number;
}

export interface Wire {
  readonly sent: readonly SentRequest[];
  /** Those that were admitted, or that the client was told are dead: neither may be admitted from now on. */
  readonly settled: readonly SentRequest[];
  readonly fetch: typeof globalThis.fetch;
}

export function recordingWire(): Wire {
  const sent: SentRequest[] = [];
  const settled: SentRequest[] = [];
  return {
    sent,
    settled,
    fetch: async (input, init = {}) => {
      const { pathname, search, searchParams, port } = new URL(String(input));
      const headers = [...new Headers(init.headers)];
      const [, nonce = ''] = /nonce="([^"]+)"/.exec(headers.join('\n')) ?? [];
      const record: SentRequest = {
        call: searchParams.get('call') ?? '',
        nonce,
        method: init.method ?? 'GET',
        port: Number(port),
        target: pathname + search,
        headers,
        body: (init.body ?? undefined) as string | Uint8Array | undefined,
      };
      sent.push(record);
      const began = performance.now();
      const response = await globalThis.fetch(input, init);
      record.latencyMs = performance.now() - began;
      record.status = response.status;
      const [, code] = /code="([^"]+)"/.exec(response.headers.get('countersign-verdict') ?? '') ?? [];
      if (code !== undefined) record.code = code;
      if (response.status === 200 || code === 'store-recovering') settled.push(record);
      return response;
    },
  };
}

export interface Player {
  /** Sends it as it was, to a process that it may never have been meant for; gives the status. */
  readonly play: (sent: SentRequest, port: number) => Promise<number>;
  readonly close: () => void;
}

export function createPlayer(maxSockets: number): Player {
  const agent = new Agent({ keepAlive: true, maxSockets });
  return {
    play: ({ method, target, headers, body }, port) =>
      new Promise((resolve, reject) => {
        const outgoing = request({
          agent,
          host: '127.0.0.1',
          port,
          method,
          path: target,
          headers: Object.fromEntries(headers),
        });
        outgoing.on('response', (response) => {
          response.resume().on('end', () => resolve(response.statusCode ?? 0));
        });
        outgoing.on('error', reject);
        outgoing.end(body);
      }),
    close: () => agent.destroy(),
  };
}

/** Plays everything to everybody, many at a time; gives how often there was which status. */
export async function playAll(
  { play }: Player,
  sent: readonly SentRequest[],
  ports: readonly number[],
  width: number,
): Promise<Map<number, number>> {
  const statuses = new Map<number, number>();
  const tasks = sent.flatMap((one) => ports.map((port) => [one, port] as const)).values();
  const worker = async (): Promise<void> => {
    for (const [one, port] of tasks) {
      const status = await play(one, port);
      statuses.set(status, (statuses.get(status) ?? 0) + 1);
    }
  };
  await Promise.all(Array.from({ length: width }, worker));
  return statuses;
}
