// An OAuth 2.0 token endpoint limited by client and by user name, and the known attacks on one.
console.log('token-endpoint');
