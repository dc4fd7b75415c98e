import {
  describeAnswers,
  describeBodies,
  describeHostileBytes,
  describeTargets,
} from '@countersign/testkit/http';
import { describe } from 'vitest';
import { expressUnderTest } from './support/echo.js';
import { EXPRESS } from './support/serve.js';

describe.each(EXPRESS.map(([name, express]) => expressUnderTest(name, express)))('$name', (adapter) => {
  describe('answers', () => describeAnswers(adapter));
  describe('bodies', () => describeBodies(adapter));
  describe('targets', () => describeTargets(adapter));
  describe('hostile bytes', () => describeHostileBytes(adapter));
});
