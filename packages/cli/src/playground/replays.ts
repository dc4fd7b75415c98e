/** Requests that were admitted once and come again. */
import { draft, sendCopies, sendInTurn } from './draft.js';
import { expectCodes, expectEqual, tellCodes } from './outcome.js';
import { newCall, type Play } from './play.js';

const AGAIN = 3;
const COPIES = 20;

export const replay: Play = {
  id: 'replay',
  title: 'replay a request',
  what: `an order, then the same bytes ${AGAIN} times more: executed once`,
  owner: 'globex',
  run: async (ground, signal) => {
    const call = newCall('replay');
    const request = draft(ground, { key: 'globex_1', call });
    const original = await sendInTurn(ground, [request], signal);
    expectCodes('the original', original, '1 admitted');
    const again = await sendInTurn(ground, Array(AGAIN).fill(request), signal);
    expectCodes('the copies', again, `${AGAIN} refused as replayed-nonce`);
    expectEqual('executions', ground.executionsOf(call), 1);
    return `sent, then ${AGAIN} times more: ${tellCodes([...original, ...again])}`;
  },
};

export const replayTogether: Play = {
  id: 'replay-together',
  title: `replay ${COPIES} at the same moment`,
  what: `one order on ${COPIES} connections, complete in the same moment: executed once`,
  owner: 'globex',
  run: async (ground, signal) => {
    const call = newCall('copies');
    const codes = await sendCopies(ground, draft(ground, { key: 'globex_1', call }), COPIES, signal);
    expectCodes('the copies', codes, `1 admitted, ${COPIES - 1} refused as replayed-nonce`);
    expectEqual('executions', ground.executionsOf(call), 1);
    return `${COPIES} sent at once: ${tellCodes(codes)}`;
  },
};
