// An API on Hono with Redis behind nginx, which strips a prefix and rewrites Host.
console.log('nginx');
