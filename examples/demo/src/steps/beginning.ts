/** The first moments of a service whose horizon file is new. */
import { ORDER_BODY } from '../signing.js';
import { pause, type Step } from '../step.js';

export const newHorizonFile: Step = {
  name: 'a call in the first moment of a new server',
  promise: 'no memory yet: 503 until now + futureMs, then once',
  atTheBeginning: true,
  run: async (world, { must, equal }) => {
    const { orders, ledger } = world;
    const acme = await world.partner('acme');
    const call = 'beginning';
    // Signed as long after the start as the answer may take, or it proves nothing: the client would not sign again.
    await pause(300);
    const result = await acme.call({ call, method: 'POST', path: '/v1/orders', body: ORDER_BODY });
    const [first, second] = orders.edge.recordings(call).map(({ answer }) => answer?.code);
    must(
      orders.server.warnings.some((warning) => warning.includes('is new')),
      'the store did not say aloud that its horizon file is new',
    );
    equal('the first answer', first, 'store-recovering');
    equal('the answer to the second signature', second, 'admitted');
    equal('the result of the call', result.status, 201);
    const executions = ledger.executionsOf(call);
    equal('executions', executions, 1);
    return `${first}; signed again: ${second}; executions: ${executions}`;
  },
};
