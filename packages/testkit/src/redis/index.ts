/** @countersign/testkit/redis: real servers for tests. */
export {};
