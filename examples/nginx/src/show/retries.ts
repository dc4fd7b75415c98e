/** nginx and the client both send again what had no answer. One signature is executed once. */
import { AlreadyAdmittedError } from '@countersign/client';
import { waitUntil } from '@countersign/testkit/redis';
import type { ApiProcess } from '../api-process.js';
import { partnerFetch, sendOrder } from '../client.js';
import type { Stage } from '../stage.js';
import { tell, title } from '../tell.js';

const WAIT_MS = 10_000;
const CALLS = 50;
const ORDER = { sku: 'tea-7', quantity: 2 };

export async function showRetries(stage: Stage): Promise<void> {
  title('6  Sent again, by nginx and by the client: executed once');
  await sentAgainByNginx(stage);
  await timedOut(stage);
  await oneDown(stage);
  await bothDown(stage);
}

/** A process hangs with the request in its hands; nginx gives it to the other one. Then the first wakes up. */
async function sentAgainByNginx(stage: Stage): Promise<void> {
  const { api, processes, nginx } = stage;
  const before = await stage.orders();
  const [hanging] = processes;
  hanging.pause();
  // nginx takes turns, so one of two goes to the process that hangs.
  const paths = ['/v1/orders/twice-a', '/v1/orders/twice-b'];
  const answers = [];
  for (const path of paths)
    answers.push((await sendOrder(partnerFetch(stage.secret), 'POST', `${api}${path}`, ORDER)).status);
  hanging.resume();
  const twice = nginx.log().filter((line) => /twice-. 201 via .*, /.test(line));
  tell(
    twice.length === 1 && answers.every((status) => status === 201),
    'a process hangs with a POST: nginx asks the other',
    String(answers),
  );
  const late = await verdictOf(hanging, /twice-. replayed-nonce/);
  tell(late !== undefined, '  it wakes up, and finds the request', late ?? 'nothing');
  const kept = (await stage.orders()) - before;
  tell(
    kept === paths.length,
    `  ${paths.length} calls, ${paths.length + twice.length} requests at the processes`,
    `${kept} orders`,
  );
}

/** Both hang, nginx answers 504, and the client is about to send again. The processes wake up and execute it. */
async function timedOut({ api, secret, processes, orders }: Stage): Promise<void> {
  const before = await orders();
  const statuses: number[] = [];
  const signatures = new Set<string>();
  const fetch = partnerFetch(secret, {
    fetch: async (url, init) => {
      signatures.add(new Headers(init?.headers).get('authorization') ?? '');
      const response = await globalThis.fetch(url, init);
      statuses.push(response.status);
      if (response.status === 504) {
        for (const process of processes) process.resume();
        await waitUntil('the late execution', WAIT_MS, async () =>
          (await orders()) > before ? true : undefined,
        );
      }
      return response;
    },
  });
  for (const process of processes) process.pause();
  const ended = await sendOrder(fetch, 'PUT', `${api}/v1/orders/late`, ORDER).catch(
    (error: unknown) => error,
  );
  const admitted = ended instanceof AlreadyAdmittedError;
  const [sent, kept] = [
    `${statuses.join(', then ')} with ${signatures.size} signature`,
    (await orders()) - before,
  ];
  tell(statuses[0] === 504 && signatures.size === 1, 'both hang: 504 from nginx, which tells nothing', sent);
  tell(
    admitted && kept === 1,
    '  the call ends',
    `${admitted ? `AlreadyAdmittedError, outcome ${ended.outcome}` : ended}, ${kept} order`,
  );
}

/** While calls are under way one process is ended, as in a deployment. */
async function oneDown(stage: Stage): Promise<void> {
  const before = await stage.orders();
  const [first] = stage.processes;
  const fetch = partnerFetch(stage.secret);
  // On a busy machine nginx may find a process too slow and ask the other, which says that the first has executed it.
  const put = (n: number): Promise<unknown> =>
    sendOrder(fetch, 'PUT', `${stage.api}/v1/orders/down-${n}`, ORDER).then(
      ({ status }) => status,
      ({ name }: Error) => name,
    );
  const calls = Array.from({ length: CALLS }, (_, n) => put(n));
  await Promise.race(calls);
  const ending = first.stop();
  const ends = new Set(await Promise.all(calls));
  const kept = (await stage.orders()) - before;
  const executed = [...ends].every((end) => end === 201 || end === 'AlreadyAdmittedError');
  tell(
    executed && kept === CALLS,
    `a process is ended during ${CALLS} calls`,
    `${[...ends]}, ${kept} orders`,
  );
  const [connections, verdicts] = [await ending, first.verdicts().length];
  tell(connections < verdicts, `  its ${verdicts} requests came over`, `${connections} connections`);
}

async function bothDown(stage: Stage): Promise<void> {
  await stage.processes[1].kill();
  const statuses: number[] = [];
  const fetch = partnerFetch(stage.secret, {
    attempts: 3,
    fetch: async (url, init) => {
      const response = await globalThis.fetch(url, init);
      statuses.push(response.status);
      return response;
    },
  });
  const { status } = await sendOrder(fetch, 'PUT', `${stage.api}/v1/orders/none`, ORDER);
  tell(
    status === 502 && statuses.length === 3,
    'both are gone: sent as often as `attempts` says',
    `${statuses}`,
  );
}

async function verdictOf(process: ApiProcess, pattern: RegExp): Promise<string | undefined> {
  return waitUntil('a verdict', WAIT_MS, () => process.verdicts().find((line) => pattern.test(line)));
}
