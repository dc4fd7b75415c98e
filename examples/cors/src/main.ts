// A browser that calls a signed API of another origin: preflights and exposed fields.
console.log('cors');
