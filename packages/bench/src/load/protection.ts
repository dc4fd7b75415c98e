/**
 * What stands before the route under load. `hashes` is the floor: what nobody can leave out, and no more. The two peers check MAC, payload hash, time and nonce, and charge two budgets.
 */
export type Protection = 'none' | 'hashes' | 'countersign' | 'hawk-flexible' | 'hawk-limiter';
