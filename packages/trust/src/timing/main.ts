// What is tried at length: mutation testing, fuzzing and the timing of refusals.
console.log('timing');
