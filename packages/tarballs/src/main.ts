// The packages as they will be published: packed, installed into an empty project and tried.
console.log('tarballs');
