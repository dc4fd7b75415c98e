/** What a signature covers, changed on its way: one thing at a time. */
import type { RawRequest } from '../probe/raw-request.js';
import { draft, ORDER_BODY, send } from './draft.js';
import { expectEqual } from './outcome.js';
import { newCall, type Play } from './play.js';

type Change = (request: RawRequest) => RawRequest;

const INVALID = 'invalid-signature';
const CHANGES: readonly (readonly [what: string, change: Change, code: string])[] = [
  ['path', target('/orders/1001', '/orders/1002'), INVALID],
  ['query', target('notify=true', 'notify=false'), INVALID],
  ['scope', authorization('scope="orders:write"', 'scope="orders"'), INVALID],
  ['content-type', field('Content-Type', () => 'text/json'), INVALID],
  [
    'body',
    (request) => ({ ...request, body: Buffer.from(ORDER_BODY.replace('200', '900')) }),
    'digest-mismatch',
  ],
];

export const tampering: Play = {
  id: 'tampering',
  title: 'tamper with a request',
  what: 'path, query, scope, content type and body changed, each alone: all refused, and the original still admitted',
  owner: 'globex',
  run: async (ground, signal) => {
    await ground.forgiven(signal);
    const call = newCall('tampering');
    const request = draft(ground, {
      key: 'globex_1',
      method: 'PUT',
      target: '/v1/orders/1001?notify=true',
      scope: 'orders:write',
      call,
    });
    for (const [what, change, code] of CHANGES) {
      expectEqual(what, (await send(ground, change(request), signal)).code, code);
    }
    expectEqual('executions before the original came', ground.executionsOf(call), 0);
    expectEqual('the original', (await send(ground, request, signal)).code, 'admitted');
    const invalid = CHANGES.filter(([, , code]) => code === INVALID).map(([what]) => what);
    return `${invalid.join(', ')} changed: refused as ${INVALID}; body: as digest-mismatch; then the original: admitted`;
  },
};

function target(part: string, other: string): Change {
  return (request) => ({ ...request, target: request.target.replace(part, other) });
}

function authorization(part: string, other: string): Change {
  return field('authorization', (value) => value.replace(part, other));
}

function field(name: string, rewrite: (value: string) => string): Change {
  return (request) => ({
    ...request,
    headers: request.headers.map(([each, value]) => [each, each === name ? rewrite(value) : value] as const),
  });
}
