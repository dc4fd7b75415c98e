/**
 * @countersign/redis: a store that many processes share, on a standalone Redis, Sentinel or Redis Cluster.
 */
export {};
