// Webhooks sent and received, with retries and rotation of secrets.
console.log('webhooks');
