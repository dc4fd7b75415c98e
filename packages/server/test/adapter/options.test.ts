import { requireAdapterOptions } from '@countersign/server/adapter';
import { expect, test } from 'vitest';

test.each(['v1', '/', '/v1/', '/v1?', '//v1', '/a b', '/%zz', '/v1/..', '/%2e', '/%00', 5])(
  'the prefix %j, with which nothing could be verified, is a TypeError that names it',
  (prefix) => {
    const require = () => Reflect.apply(requireAdapterOptions, undefined, [{ scope: 'orders', prefix }]);
    expect(require).toThrow(TypeError);
    expect(require).toThrow(/^prefix: /);
  },
);

test.each(['/v1', '/api/v1', '/%7Eteam', '/a%2Fb', '/...'])('the prefix %j is one', (prefix) => {
  expect(() => requireAdapterOptions({ scope: 'orders', prefix })).not.toThrow();
});
