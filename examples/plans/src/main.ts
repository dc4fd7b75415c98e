// Customer plans with limits of their own, changed while the server runs.
console.log('plans');
