/** What a refused request is told, taken at its word. */

import { fieldOf } from '../answer.js';
import { draft, NUMBERED_ORDER_BODY } from '../signing.js';
import { pause, type Step } from '../step.js';

export const retryLaw: Step = {
  name: 'a rate-limited order, the same bytes sent again',
  promise: 'refused too early, admitted at the time told',
  run: async (world, { equal, must }) => {
    const call = 'patient';
    const spend = Array.from({ length: 3 }, () => world.send(draft(world, { key: 'patient' })));
    for (const { code } of await Promise.all(spend)) equal('3 of 3', code, 'admitted');
    const request = draft(world, { key: 'patient', call });
    const first = await world.send(request);
    equal('the fourth', first.code, 'rate-limited');
    const told = Number(/retry-after-ms="(\d+)"/.exec(fieldOf(first, 'countersign-verdict') ?? '')?.[1]);
    must(told > 0 && told <= 1000, `told to wait ${told} ms of a window of 1000`);
    const toldAtMs = performance.now();
    await pause(told / 2);
    const halfWay = (await world.send(request)).code;
    equal('half way', halfWay, 'rate-limited');
    await pause(toldAtMs + told - performance.now());
    const inTime = (await world.send(request)).code;
    equal('at the time told', inTime, 'admitted');
    const executions = world.ledger.executionsOf(call);
    equal('executions', executions, 1);
    return `told ${told} ms: half way ${halfWay}, then ${inTime}; executions: ${executions}`;
  },
};

export const patientClient: Step = {
  name: 'a client that is over its rate, left to itself',
  promise: 'waits as told, each call executed once',
  run: async (world, { equal }) => {
    const patient = await world.partner('patient');
    const results = await patient.run({
      call: 'waiting-{n}',
      method: 'POST',
      path: '/v1/orders',
      body: NUMBERED_ORDER_BODY,
      count: 5,
      concurrency: 5,
    });
    for (const { call, status } of results) {
      equal(`${call}: answer`, status, 201);
      equal(`${call}: executions`, world.ledger.executionsOf(call), 1);
    }
    const sendings = world.orders.edge.recordings('waiting-').length;
    const executions = world.ledger.executions('waiting-').length;
    return `${results.length} calls in ${sendings} sendings, ${executions} executions`;
  },
};
