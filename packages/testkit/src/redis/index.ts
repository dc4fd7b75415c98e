/**
 * @countersign/testkit/redis: real servers for tests, which stop, crash, fail over and move slots when they are told to.
 * Needs `redis-server`, 7.0 or newer, on the PATH.
 */
export { type ClusterOptions, type RedisCluster, startCluster } from './cluster.js';
export type { ClusterNode, ClusterSlots } from './cluster-slots.js';
export { type RedisConfig, type RedisOptions, type RedisServer, startRedis } from './redis-server.js';
export { cutOffReplica, untilFollowed } from './replication.js';
export type { Argument } from './send-command.js';
export { type RedisSentinel, type SentinelOptions, startSentinel } from './sentinel.js';
export { waitUntil } from './wait-until.js';
