/**
 * @countersign/server/adapter: what the adapters share. No framework, and nothing of Node at run time but what a
 * `node:http` request brings along.
 *
 * @packageDocumentation
 */

export {
  type Arrival,
  ECHO_FIELD,
  ECHO_FORMAT,
  type EchoAnswer,
  type EchoedHead,
  echo,
  echoAnswer,
  withoutSignature,
} from './echo.js';
export { withAdmittedFields } from './fetch-answer.js';
export { admitBody, fetchBody, requestWithBody, verifiedBody } from './fetch-body.js';
export { fetchEcho } from './fetch-echo.js';
export { cutUrl, fetchRequest, type Received } from './fetch-request.js';
export { addWithHead } from './head-fields.js';
export { isUnread, nodeBody } from './node-body.js';
export { announcedBodyBytes, nodeRequest } from './node-request.js';
export { refuseUpgrade, verifyUpgrade } from './node-upgrade.js';
export { type AdapterOptions, type BodyOptions, requireAdapterOptions } from './options.js';
export { routedTarget, withPrefix } from './target.js';
