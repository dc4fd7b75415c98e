import {
  describeAnswers,
  describeBodies,
  describeHostileBytes,
  describeTargets,
} from '@countersign/testkit/http';
import { describe } from 'vitest';
import { guardUnderTest } from './support/fetch-server.js';

describe('guard, before a Fetch handler on @hono/node-server', () => {
  describe('answers', () => describeAnswers(guardUnderTest));
  describe('bodies', () => describeBodies(guardUnderTest));
  describe('targets', () => describeTargets(guardUnderTest));
  describe('hostile bytes', () => describeHostileBytes(guardUnderTest));
});
