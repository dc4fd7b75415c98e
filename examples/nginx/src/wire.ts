/** Requests that are sent as they are: from an address of choice, with a body that may be cut, without a retry. */
import { request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';

const UNAVAILABLE_MS = 1_000;

export interface Plain {
  readonly method?: string;
  readonly headers?: Record<string, string>;
  readonly body?: Uint8Array | string;
  /** Instead of the URL's path, as it is: a URL would resolve dot segments. */
  readonly target?: string;
  /** Loopback has many addresses: 127.0.0.2 is another client than 127.0.0.3. */
  readonly from?: string;
}

export interface Answer {
  readonly status: number;
  /** `admitted`, a problem's code, or `not ours` for a page of nginx's own. */
  readonly code: string;
  readonly verdict: boolean;
}

export async function send(url: string, plain: Plain = {}): Promise<Answer> {
  const answer = await sendOnce(url, plain);
  if (answer.code !== 'store-unavailable') return answer;
  // A busy machine may miss the store's deadline. Nobody was charged then, and the same signature is still good.
  await sleep(UNAVAILABLE_MS);
  return send(url, plain);
}

function sendOnce(url: string, plain: Plain): Promise<Answer> {
  const { method = 'GET', headers = {}, body, target, from } = plain;
  return new Promise((resolve, reject) => {
    const options = {
      method,
      headers,
      agent: false,
      ...(target === undefined ? {} : { path: target }),
      ...(from === undefined ? {} : { localAddress: from }),
    };
    const sent = request(url, options, async (response) => {
      try {
        const text = (await response.toArray()).join('');
        const json = /json/.test(response.headers['content-type'] ?? '') ? JSON.parse(text) : undefined;
        const code = json === undefined ? 'not ours' : (json.code ?? 'admitted');
        const verdict = 'countersign-verdict' in response.headers;
        resolve({ status: response.statusCode ?? 0, code, verdict });
      } catch (error) {
        reject(error);
      }
    });
    sent.on('error', reject).end(body);
  });
}

/** Sends the head and half of the body, and goes away. */
export function sendHalf(url: string, headers: Record<string, string>, body: string): Promise<void> {
  return new Promise((resolve) => {
    const sent = request(url, {
      method: 'PUT',
      headers: { ...headers, 'content-length': body.length },
      agent: false,
    });
    sent.on('error', () => resolve());
    sent.write(body.slice(0, body.length / 2), () => setImmediate(() => sent.destroy()));
    sent.on('close', () => resolve());
  });
}
