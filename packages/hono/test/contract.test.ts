import {
  describeAnswers,
  describeBodies,
  describeHostileBytes,
  describeTargets,
} from '@countersign/testkit/http';
import { describe } from 'vitest';
import { honoUnderTest } from './support/echo.js';

describe('Hono on @hono/node-server', () => {
  describe('answers', () => describeAnswers(honoUnderTest));
  describe('bodies', () => describeBodies(honoUnderTest));
  describe('targets', () => describeTargets(honoUnderTest));
  describe('hostile bytes', () => describeHostileBytes(honoUnderTest));
});
