// The documentation as a site, and the API reference.
console.log('site');
