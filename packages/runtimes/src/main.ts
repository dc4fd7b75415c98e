// One black-box suite on every runtime that Countersign runs on.
console.log('runtimes');
