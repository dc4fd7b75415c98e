/** What stands before the route under load. The two peers check MAC, payload hash, time and nonce, and charge two budgets. */
export type Protection = 'none' | 'countersign' | 'hawk-flexible' | 'hawk-limiter';
